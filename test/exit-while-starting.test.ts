import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './helpers/engine-child.js';

const RUNS = 12;
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-starting-'));
  writeFileSync(
    path.join(directory, 'thread.mjs'),
    `import { createRequire } from 'node:module';
     import { workerData } from 'node:worker_threads';
     const { data } = workerData;
     const require = createRequire('${ROOT}/dist/index.js');
     Atomics.store(data, 0, 1);
     Atomics.notify(data, 0);
     require('koffi');
     setTimeout(() => {}, 1000);`,
  );
  writeFileSync(
    path.join(directory, 'main.mjs'),
    `import { Thread } from '${ROOT}/dist/threads/thread.js';
     const data = new Int32Array(new SharedArrayBuffer(4));
     const entry = () => new URL('thread.mjs', import.meta.url);
     void Thread.start({ entry, name: 'test', data }).catch(() => process.exit(9));
     const exit = () => {
       if (Atomics.load(data, 0) === 0) return setImmediate(exit);
       Atomics.wait(data, 0, 1, Number(process.argv[2]));
       process.exit(7);
     };
     exit();`,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a process that exits while its thread loads a native module keeps its exit code', () => {
  for (let run = 0; run < RUNS; run++) {
    const child = spawnSync(process.execPath, ['main.mjs', String(run / 2)], { cwd: directory, encoding: 'utf8' });
    expect({ status: child.status, signal: child.signal, stderr: child.stderr }, `${run / 2} ms later`).toEqual({
      status: 7,
      signal: null,
      stderr: '',
    });
  }
});
