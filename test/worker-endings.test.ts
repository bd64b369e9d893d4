import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring, ROOT } from './helpers/engine-child.js';

/*
 * Every way in which a thread, or the process, can end while a store is open in a thread: the exit code is what it would
 * be without lsio, and no signal ends the process.
 */

/** What the thread does once its store is open. */
const WORK = {
  idle: '',
  /** Threads of rings wait for the next one. */
  closed: 'await store.close();',
  reading: `
    void (async () => {
      const requests = function* () { for (;;) yield { key: '/passwd' }; };
      for await (const batch of store.getMany(requests())) for (const item of batch) if (!item.ok) throw item.error;
    })().catch((error) => console.error(error));
    await store.get('/hostname').catch(() => {});
    await store.get('/passwd');`,
};

/** How it ends: what main does, what the thread does, and the exit code. */
const ENDINGS = [
  { name: 'main exits', main: 'process.exit(0);', status: 0 },
  { name: 'main exits with a code', main: 'process.exit(7);', status: 7 },
  { name: 'main throws', main: `throw new Error('from main');`, status: 1 },
  { name: 'main forgets the thread', main: 'worker.unref();', status: 0 },
  { name: 'main terminates the thread', main: 'await worker.terminate();', status: 0 },
  { name: 'main terminates the thread and exits', main: 'void worker.terminate(); process.exit(3);', status: 3 },
  { name: 'the thread exits', main: '', thread: 'setTimeout(() => process.exit(0), 5);', status: 0 },
  {
    name: 'the thread throws',
    main: '',
    atFirst: `worker.on('error', () => {});`,
    thread: `setTimeout(() => { throw new Error('from a thread'); }, 5);`,
    status: 0,
  },
  { name: 'the thread closes its port', main: '', thread: 'parentPort.close();', status: 0, onlyIdle: true },
] as const;

const SETUPS = [
  { engine: 'uring', rings: 1, skip: noUring },
  { engine: 'uring', rings: 3, skip: noUring },
  { engine: 'node', rings: 1, skip: undefined },
] as const;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-endings-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs `main` in a process that has started a thread with an open store. */
function run(main: string, thread: string): { status: number | null; signal: string | null; stderr: string } {
  writeFileSync(path.join(directory, 'thread.mjs'), thread);
  writeFileSync(path.join(directory, 'main.mjs'), main);
  const { status, signal, stderr } = spawnSync(process.execPath, ['main.mjs'], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { status, signal, stderr };
}

function threadProgram(engine: string, rings: number, body: string): string {
  return `
    import { parentPort } from 'node:worker_threads';
    import { LocalStore } from '${ROOT}/dist/index.js';
    parentPort.on('message', () => {});
    const store = (globalThis.store = await LocalStore.open('/etc', { engine: '${engine}', rings: ${rings} }));
    ${body}
    parentPort.postMessage('ready');`;
}

describe.each(SETUPS)('an open store in a thread, engine $engine, rings $rings', ({ engine, rings, skip }) => {
  for (const [work, body] of Object.entries(WORK)) {
    for (const { name, main, status, ...rest } of ENDINGS) {
      if (('onlyIdle' in rest && work === 'reading') || (engine === 'node' && work === 'idle')) continue;
      if (work === 'closed' && rings === 1) continue;
      test.skipIf(skip !== undefined)(named(`${name} while it is ${work}`, skip), () => {
        const ending = 'thread' in rest ? rest.thread : '';
        // The thread may throw before its message arrives.
        const atFirst = 'atFirst' in rest ? rest.atFirst : '';
        const program = `
          import { Worker } from 'node:worker_threads';
          const worker = new Worker(new URL('thread.mjs', import.meta.url));
          ${atFirst}
          worker.on('message', async () => { ${main} });`;
        const ended = run(program, threadProgram(engine, rings, body + ending));
        expect(ended).toMatchObject({ status, signal: null });
        if (status !== 1) expect(ended.stderr).toBe('');
      });
    }
  }

  test.skipIf(skip !== undefined)(named('threads that are terminated leave no descriptor', skip), () => {
    const program = `
      import fs from 'node:fs';
      import { Worker } from 'node:worker_threads';
      const once = async () => {
        const worker = new Worker(new URL('thread.mjs', import.meta.url));
        await new Promise((resolve) => worker.once('message', resolve));
        await worker.terminate();
        return fs.readdirSync('/proc/self/fd').length;
      };
      const first = await once();
      for (let round = 0; round < 4; round++) await once();
      const last = await once();
      if (last > first) throw new Error(first + ' descriptors became ' + last);`;
    expect(run(program, threadProgram(engine, rings, WORK.idle))).toEqual({ status: 0, signal: null, stderr: '' });
  });
});
