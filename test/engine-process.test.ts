import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases, LONG } from '../src/long.testing.js';
import { named, noUring, runChild } from './helpers/engine-child.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-process-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ENGINES = [
  { engine: 'uring', rings: 1, skip: noUring, collections: cases(10_000, 100_000) },
  { engine: 'uring', rings: 3, skip: noUring, collections: cases(1000, 20_000) },
  { engine: 'node', rings: 1, skip: undefined, collections: cases(1000, 20_000) },
];

/** Files of bytes that depend on the file and the place in it; `wrong` says which answers aren't those. */
function makeFiles(count: number, length: number, condition = 'true'): string {
  return `
    const paths = Array.from({ length: ${count} }, (_, index) => '${directory}/file-' + index);
    const contents = paths.map((_, index) => Buffer.alloc(${length}, Buffer.from(Array.from({ length: 251 }, (_, at) => at + index))));
    if (${condition}) for (const [index, path] of paths.entries()) fs.writeFileSync(path, contents[index]);
    function wrong(answers) {
      return answers.flatMap((bytes, index) => Buffer.isBuffer(bytes) && bytes.equals(contents[index % paths.length]) ? [] : [index]);
    }`;
}

describe.each(ENGINES)('a process that reads by $engine, rings: $rings', ({ engine, rings, skip, collections }) => {
  const open = `await openEngine({ engine: '${engine}', queueDepth: 64, rings: ${rings} })`;
  const testEngine = test.skipIf(skip !== undefined);

  testEngine(named('ends by itself when it has nothing more to do, also without close()', skip), () => {
    const program = `
      ${makeFiles(20, 5000)}
      const engine = ${open};
      console.log(JSON.stringify(wrong(await readAll(engine, paths))));`;
    expect(runChild(program)).toEqual([]);
  });

  testEngine(named('does not end while reads are in flight', skip), () => {
    // O_DIRECT: else all would be done in the first look.
    const program = `
      ${makeFiles(20, 300_000)}
      const engine = ${open};
      void readAll(engine, paths, { directAlignBytes: 4096 }).then((answers) => console.log(JSON.stringify(wrong(answers))));`;
    expect(runChild(program)).toEqual([]);
  });

  testEngine(named('may exit with reads in flight', skip), () => {
    const program = `
      ${makeFiles(20, 300_000)}
      const engine = ${open};
      let calls = 0;
      void readAll(engine, Array(1000).fill(paths).flat(), { directAlignBytes: 4096 }, () => {
        if (++calls < 20) return;
        console.log('"exits"');
        process.exit(0);
      });`;
    expect(runChild(program)).toBe('exits');
  });

  testEngine(named('may have an engine in each of its threads', skip), () => {
    const program = `
      import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      ${makeFiles(30, 70_000, 'isMainThread')}
      const engine = ${open};
      const asked = Array(10).fill(paths).flat();
      // The worker runs what the main thread runs.
      const workers = isMainThread ? [0, 1].map(() => new Worker(process.argv[1])) : [];
      const reports = workers.map((worker) => new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject)));
      const own = wrong(await readAll(engine, asked, { directAlignBytes: 4096 }));
      await engine.close();
      if (isMainThread) console.log(JSON.stringify([own, ...await Promise.all(reports)]));
      else parentPort.postMessage(own);`;
    expect(runChild(program, { file: path.join(directory, 'threads.mjs') })).toEqual([[], [], []]);
  });

  testEngine(named(`keeps what is in flight through ${collections} garbage collections`, skip), () => {
    const program = `
      ${makeFiles(64, 12_345)}
      const engine = ${open};
      let collections = 0;
      let garbage = [];
      function collect() {
        // Mostly the young objects, which cost little; and what was freed is written over.
        gc({ type: ++collections % 50 === 0 ? 'major' : 'minor' });
        garbage = Array.from({ length: 8 }, (_, index) => Buffer.alloc(4096 << (index % 4), 0xee));
      }
      const failures = [];
      const file = engine.share(paths[5]);
      while (collections < ${collections}) {
        // Paths of their own: text that nothing else refers to, and bytes.
        const fresh = paths.map((path, index) => ({ path: index % 2 === 0 ? (' ' + path).slice(1) : Buffer.from(path) }));
        const asks = [...fresh, { file, offset: 0 }, { file, offset: 7000 }];
        const direct = collections % 3 > 0 ? { directAlignBytes: 4096 } : {};
        const running = readAll(engine, asks, direct, collect);
        for (let turn = 0; turn < 20; turn++) {
          collect();
          await new Promise(setImmediate);
        }
        const answers = await running;
        failures.push(...wrong(answers.slice(0, 64)));
        if (!answers[64].equals(contents[5]) || !answers[65].equals(contents[5].subarray(7000))) failures.push('shared');
      }
      await engine.close();
      console.log(JSON.stringify({ failures, garbage: garbage.length }));`;
    const nodeOptions = ['--expose-gc', ...(LONG ? ['--gc-interval=50'] : [])];
    expect(runChild(program, { nodeOptions, env: { LSIO_DEBUG: '1' }, limitMs: LONG ? 3_600_000 : 110_000 })).toEqual({
      failures: [],
      garbage: 8,
    });
    if (LONG) process.stdout.write(`${collections} collections, ${engine}, rings: ${rings}\n`);
  });
});
