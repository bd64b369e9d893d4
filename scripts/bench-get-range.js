#!/usr/bin/env node
/*
 * A promise per read: LocalStore.getRange of 4 KiB at random offsets of the big file, 64 in flight, page cache, against
 * fio on the same offsets, in turn. Prints the ratio of each pair and the median. Build first.
 * Twice: into fresh memory for each read, as getRange gives it, and `into` a buffer for each of the 64.
 *   scripts/bench-get-range.js [DIR]
 */
import { median } from 'simple-statistics';
import { warm } from '../dist/bench/cache.js';
import { FioRunner } from '../dist/bench/fio-runner.js';
import { LocalStore } from '../dist/index.js';
import { makeWorkload } from '../dist/workload/cases.js';
import { listFiles } from '../dist/workload/list-files.js';

const dir = process.argv[2] ?? '/tmp/fio';
const QUEUE_DEPTH = 64;
const PASSES = 8;
const PAIRS = 7;

const { files } = await listFiles(dir);
const work = makeWorkload('big-random', files, { dir });
const path = work.files[0]?.path ?? '';
const key = /** @type {const} */ (`/${path.slice(dir.length + 1)}`);
const fio = await FioRunner.create(
  work,
  { queueDepth: QUEUE_DEPTH, rings: 1, direct: false, baseline: 'matched', latency: false },
  { name: 'get-range' },
);
const store = await LocalStore.open(dir, { engine: 'uring', queueDepth: QUEUE_DEPTH });

/** @param {boolean} reuse */
async function getRanges(reuse) {
  const beganMs = performance.now();
  let next = 0;
  let bytes = 0;
  async function lane() {
    const options = reuse ? { into: new Uint8Array(work.lengths[0] ?? 0) } : {};
    while (next < work.operations * PASSES) {
      const operation = next++ % work.operations;
      const range = { offset: work.offsets[operation] ?? 0, length: work.lengths[operation] ?? 0 };
      const block = await store.getRange(key, range, options);
      bytes += block?.length ?? 0;
    }
  }
  await Promise.all(Array.from({ length: QUEUE_DEPTH }, lane));
  if (bytes !== work.bytes * PASSES) throw new Error(`read ${bytes} bytes, not ${work.bytes * PASSES}`);
  return (work.operations * PASSES) / ((performance.now() - beganMs) / 1000);
}

async function runFio() {
  const { operations, wallNs } = await fio.run(PASSES);
  return operations / (wallNs / 1e9);
}

warm(path);
for (const reuse of [false, true]) {
  const what = reuse ? 'getRange into a buffer' : 'getRange';
  await getRanges(reuse);
  const ratios = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const first = pair % 2 === 0;
    const theirsBefore = first ? undefined : await runFio();
    const ours = await getRanges(reuse);
    const theirs = theirsBefore ?? (await runFio());
    ratios.push(ours / theirs);
    const line = `${what} ${Math.round(ours)}/s, fio ${Math.round(theirs)}/s, ${(ours / theirs).toFixed(2)} ×\n`;
    process.stdout.write(line);
  }
  process.stdout.write(`${what}: median ${median(ratios).toFixed(2)} × fio\n`);
}
await store.close();
