/*
 * Works on a file in this process, several times, each time after it was evicted from the cache. Prints milliseconds as JSON.
 * Arguments: list FILE RUNS, or crop FILE RUNS.
 */
import path from 'node:path';
import { LocalStore, openGrib, openSource, readArray } from '../../dist/index.js';
import { evict } from './evict.js';

const [what = '', file = '', runs = '3'] = process.argv.slice(2);

/** Every field, as `lsio grib ls` prints it. */
async function list() {
  const store = await LocalStore.open(path.dirname(file));
  try {
    const lines = [];
    for await (const { line } of openGrib(store, `/${path.basename(file)}`)) lines.push(line);
    return { count: lines.length };
  } finally {
    await store.close();
  }
}

/** 372 lines of 614 columns of one channel, as brightness temperature. */
async function crop() {
  const source = await openSource(file);
  try {
    const { array } = source.arrays.find(({ name }) => name === 'IR_108') ?? {};
    if (array === undefined) throw new Error('no IR_108');
    const selection = [
      { start: 300, count: 372 },
      { start: 1500, count: 614 },
    ].map((run) => ({ runs: [{ ...run, step: 1 }], drop: false }));
    const { bytes, bytesRead } = await readArray(array, { selection });
    return { count: bytes.length / 4, bytesRead };
  } finally {
    await source.close();
  }
}

const work = what === 'list' ? list : crop;
const ms = [];
/** @type {{ count: number, bytesRead?: number }} */
let counts = { count: 0 };
for (let run = 0; run < Number(runs); run++) {
  evict(file);
  const begin = performance.now();
  counts = await work();
  ms.push(performance.now() - begin);
}
process.stdout.write(`${JSON.stringify({ ms, ...counts })}\n`);
