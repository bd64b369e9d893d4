import { describe, expect, test } from 'vitest';
import { openEngine } from '../dist/engine/open.js';
import { RingEngine } from '../dist/engine/ring-engine.js';
import { IoUring } from '../dist/uring/io-uring.js';
import { MappedSlab } from '../dist/uring/mapped-slab.js';
import { ThreadQueues } from '../dist/uring/thread-queues.js';
import { conformance } from '../src/engine/conformance.js';
import type { Engine } from '../src/engine/engine.js';
import { named, noUring, runChild } from './helpers/engine-child.js';

// Threads are started from dist, so that the engine comes from there, too.

/** An engine whose only ring has a thread: nothing is read by the main one. */
async function openThread(queueDepth = 128): Promise<Engine> {
  const memory = new MappedSlab(64 * 1024 ** 2);
  const options = { entries: queueDepth, files: queueDepth + 256 };
  const ring = new IoUring(await ThreadQueues.start(options, memory), memory);
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
    windowBytes: queueDepth === 128 ? 4 * 1024 ** 2 : memory.lengthBytes,
    onShutdown: (drained) => drained && memory.retire(),
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

  test('close() leaves no descriptor and no thread', () => {
    const program = `
      const count = (what) => fs.readdirSync('/proc/self/' + what).length;
      const once = async () => {
        const engine = await openEngine({ engine: 'uring', rings: 4 });
        await readAll(engine, Array(100).fill('/etc/passwd'));
        await engine.close();
        // A thread ends a moment after it was asked to.
        for (let tries = 0; tries < 100 && (count('task') > before.task || count('fd') > before.fd); tries++) {
          await new Promise((done) => setTimeout(done, 20));
        }
      };
      let before = { task: 0, fd: 0 };
      await once();
      before = { fd: count('fd'), task: count('task') };
      for (let round = 0; round < 5; round++) await once();
      console.log(JSON.stringify({ fd: count('fd') - before.fd, task: count('task') - before.task }));`;
    expect(runChild(program)).toEqual({ fd: 0, task: 0 });
  });

  test('rings: auto adds rings while this thread is busy, up to the number of CPUs and 4', () => {
    const program = `
      const engine = await openEngine({ engine: 'uring', rings: 'auto' });
      const first = engine.info.rings;
      const bytes = fs.readFileSync('/etc/passwd');
      let wrong = 0;
      const beganMs = Date.now();
      const most = Math.min(os.availableParallelism(), 4);
      while (engine.info.rings < most && Date.now() - beganMs < 20_000) {
        const answers = await readAll(engine, Array(5000).fill('/etc/passwd'));
        wrong += answers.filter((answer) => !Buffer.isBuffer(answer) || !answer.equals(bytes)).length;
      }
      const grown = engine.info.rings === most;
      await engine.close();
      console.log(JSON.stringify({ first, grown, wrong }));`;
    expect(runChild(`import os from 'node:os';${program}`)).toEqual({ first: 1, grown: true, wrong: 0 });
  });

  test('a thread that fails takes its reads with it, the others go on', () => {
    // The thread finds its ring closed under it: the kernel refuses with EBADF.
    const program = `
      const engine = await openEngine({ engine: 'uring', rings: 2, queueDepth: 16 });
      const rings = fs.readdirSync('/proc/self/fd').filter((fd) => {
        try { return fs.readlinkSync('/proc/self/fd/' + fd).includes('io_uring'); } catch { return false; }
      });
      fs.closeSync(Number(rings.at(-1)));
      const bytes = fs.readFileSync('/etc/passwd');
      const answers = await readAll(engine, Array(5000).fill('/etc/passwd'));
      const lost = answers.filter((answer) => answer === 1000003).length;
      const right = answers.filter((answer) => Buffer.isBuffer(answer) && answer.equals(bytes)).length;
      await engine.close();
      console.log(JSON.stringify({ rings: rings.length, few: lost <= 16, all: lost + right }));`;
    expect(runChild(program)).toEqual({ rings: 2, few: true, all: 5000 });
  });
});
