import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../dist/engine/open.js';
import { RingEngine } from '../dist/engine/ring/ring-engine.js';
import { openSlabMemory } from '../dist/memory/slab-memory.js';
import { IoUring } from '../dist/uring/io-uring.js';
import { ThreadQueues } from '../dist/uring/thread-queues.js';
import { conformance } from '../src/engine/conformance.js';
import type { Engine } from '../src/engine/engine.js';
import { QUEUE_DEPTH_MAX, WINDOW_BYTES } from '../src/plan/window.js';
import { named, noUring, runChild } from './helpers/engine-child.js';
import { compileLibrary, noCompiler } from './helpers/shared-library.js';

// Threads are started from dist, so that the engine comes from there, too.

/** An engine whose only ring has a thread: nothing is read by the main one. */
async function openThread(asked?: number): Promise<Engine> {
  const queueDepth = asked ?? QUEUE_DEPTH_MAX;
  const memory = openSlabMemory(64 * 1024 ** 2);
  const options = { entries: queueDepth, files: queueDepth + 256 };
  const ring = new IoUring(await ThreadQueues.start(options, memory), memory, options);
  const info = {
    engine: 'uring' as const,
    reason: 'a test',
    queueDepth,
    rings: 1,
    slabBytes: memory.lengthBytes,
    flags: ring.flags,
  };
  const engine = new RingEngine([ring], info, {
    sharedFiles: 256,
    windowBytes: asked === undefined ? WINDOW_BYTES : memory.lengthBytes,
    onShutdown: (drained) => memory.retire(drained),
  });
  return engine as unknown as Engine;
}

async function openThree(queueDepth?: number): Promise<Engine> {
  const options = { engine: 'uring', rings: 3, ...(queueDepth !== undefined && { queueDepth }) } as const;
  return (await openEngine(options)) as unknown as Engine;
}

conformance('a ring with a thread', openThread, noUring);
conformance('three rings', openThree, noUring);

describe.skipIf(noUring !== undefined)(named('rings with threads', noUring), () => {
  test('openEngine() says how many rings there are, and each has its depth', async () => {
    const engine = await openEngine({ engine: 'uring', rings: 3, queueDepth: 5 });
    expect(engine.info).toMatchObject({ engine: 'uring', rings: 3, queueDepth: 5 });
    await engine.close();
  });

  /** Counts; and rounds of opening, reading and closing, once there are as many idle threads as are kept. */
  const ROUNDS = `
    const entries = (what) => fs.readdirSync('/proc/self/' + what).length;
    const mappings = () => fs.readFileSync('/proc/self/maps', 'latin1').split('\\n').length;
    const bytes = fs.readFileSync('/etc/passwd');
    let wrong = 0;
    const once = async (rings) => {
      const engine = await openEngine({ engine: 'uring', rings });
      const answers = await readAll(engine, Array(300).fill('/etc/passwd'));
      wrong += answers.filter((answer) => !Buffer.isBuffer(answer) || !answer.equals(bytes)).length;
      await engine.close();
    };
    // A thread is idle, or ends, a moment after it was asked to.
    const until = async (done) => {
      for (let tries = 0; tries < 1000 && !done(); tries++) await new Promise((next) => setTimeout(next, 10));
    };
    const atFirst = entries('task');
    await once(16);
    await until(() => entries('task') <= atFirst + 8);
    const kept = entries('task') - atFirst;
    await once(3);`;

  test('close() leaves no descriptor, and 8 idle threads at most', () => {
    const program = `
      ${ROUNDS}
      let steady = 0;
      let fds = 0;
      await until(() => {
        steady = entries('fd') === fds ? steady + 1 : 0;
        fds = entries('fd');
        return steady === 20;
      });
      const before = { task: entries('task'), fd: fds };
      for (let round = 0; round < 5; round++) await once(3);
      await until(() => entries('task') <= before.task && entries('fd') <= before.fd);
      const left = { fd: entries('fd') - before.fd, task: entries('task') - before.task };
      console.log(JSON.stringify({ kept, wrong, ...left }));`;
    expect(runChild(program)).toEqual({ kept: 8, wrong: 0, fd: 0, task: 0 });
  });

  test('rings that are opened and closed again and again reuse their threads, and leave no mapping', () => {
    // koffi leaves three mappings of each thread that ends: 600 in these rounds, were threads not reused.
    const program = `
      ${ROUNDS}
      for (let round = 0; round < 10; round++) await once(3);
      const before = mappings();
      for (let round = 0; round < 100; round++) await once(3);
      console.log(JSON.stringify({ wrong, mappings: mappings() - before }));`;
    const answer = runChild(program) as { wrong: number; mappings: number };
    expect(answer.wrong).toBe(0);
    // The garbage collector's own come and go.
    expect(answer.mappings).toBeLessThan(300);
  });

  test('rings: auto adds rings while this thread is busy, up to the number of CPUs and 4', () => {
    const program = `
      const engine = await openEngine({ engine: 'uring', rings: 'auto' });
      const first = engine.info.rings;
      const bytes = fs.readFileSync('/etc/passwd');
      let wrong = 0;
      const beganMs = Date.now();
      const most = Math.min(os.availableParallelism(), 4);
      while (engine.info.rings < most && Date.now() - beganMs < 90_000) {
        const answers = await readAll(engine, Array(5000).fill('/etc/passwd'));
        wrong += answers.filter((answer) => !Buffer.isBuffer(answer) || !answer.equals(bytes)).length;
      }
      const grown = engine.info.rings === most;
      await engine.close();
      console.log(JSON.stringify({ first, grown, wrong }));`;
    expect(runChild(`import os from 'node:os';${program}`)).toEqual({ first: 1, grown: true, wrong: 0 });
  });

  test('process.exit() ends the process also while a thread starts', () => {
    for (const delayMs of [0, 20, 60, 90, 130]) {
      const program = `
        void openEngine({ engine: 'uring', rings: 3 });
        const endMs = Date.now() + ${delayMs};
        setImmediate(() => setImmediate(() => {
          while (Date.now() < endMs);
          console.log('"exits"');
          process.exit(0);
        }));`;
      expect(runChild(program)).toBe('exits');
    }
  });
});

describe('a thread that fails', () => {
  const skip = noCompiler ?? noUring;
  let directory = '';
  let library = '';
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lsio-rings-'));
    library = path.join(directory, 'liburing.so');
    if (skip === undefined) compileLibrary('liburing-old.c', library);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Reads 2,000 files by two rings, of which the second fails after so many submits. */
  function readWith(submits: number, file: string): unknown {
    const program = `
      const bytes = fs.readFileSync('${file}');
      const engine = await openEngine({ engine: 'uring', rings: 2, queueDepth: 16 });
      const answers = [];
      for (let round = 0; round < 20; round++) answers.push(...(await readAll(engine, Array(2000).fill('${file}'))));
      const right = answers.filter((answer) => Buffer.isBuffer(answer) && answer.equals(bytes)).length;
      const { rings, reason } = engine.info;
      await engine.close();
      console.log(JSON.stringify({ right, rings, reason }));`;
    return runChild(program, { env: { LSIO_LIBURING: library, FAILS_IN_THREADS: String(submits) } });
  }

  test.skipIf(skip !== undefined).each([0, 1, 5, 100])(
    named('after %i submits loses nothing: the others read what it had in hand', skip),
    (submits) => {
      expect(readWith(submits, '/etc/passwd')).toEqual({
        right: 40_000,
        rings: 1,
        reason: expect.stringMatching(/^asked for; a ring was lost: .*EBADF/),
      });
    },
  );

  test.skipIf(skip !== undefined)(named('to start leaves nothing behind', skip), () => {
    const program = `
      const fds = () => fs.readdirSync('/proc/self/fd').length;
      const once = async () => {
        const failed = await tryOpen({ engine: 'uring', rings: 3, queueDepth: 8 });
        for (let tries = 0; tries < 100 && fds() > before; tries++) await new Promise((done) => setTimeout(done, 10));
        return failed;
      };
      let before = 1000;
      await once();
      before = fds();
      const failed = await once();
      console.log(JSON.stringify({ ...failed, left: fds() - before }));`;
    const answer = runChild(program, { env: { LSIO_LIBURING: library, NO_RINGS_IN_THREADS: '1' } });
    expect(answer).toMatchObject({ kind: 'unavailable', code: 'ENOMEM', left: 0 });
  });

  test.skipIf(skip !== undefined)(named('while paths wait for it to take them', skip), () => {
    const deep = path.join(directory, ...Array<string>(14).fill('d'.repeat(250)));
    mkdirSync(deep, { recursive: true });
    writeFileSync(path.join(deep, 'file'), Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251)));
    expect(readWith(3, path.join(deep, 'file'))).toMatchObject({ right: 40_000, rings: 1 });
  });
});
