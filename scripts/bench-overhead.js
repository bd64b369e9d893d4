#!/usr/bin/env node
/*
 * What measuring costs: random 4 KiB blocks of the big file from the page cache, with and without latencies being recorded,
 * and with and without the device being watched, in turn. Prints the median of the ratios, with its interval. Build first.
 *   scripts/bench-overhead.js [DIR]
 */
import { warm } from '../dist/bench/cache.js';
import { ChildContender } from '../dist/bench/child-contender.js';
import { deviceOf } from '../dist/bench/device.js';
import { watch } from '../dist/bench/monitor.js';
import { estimateMedian } from '../dist/bench/stats.js';
import { makeWorkload } from '../dist/workload/cases.js';
import { listFiles } from '../dist/workload/list-files.js';

const dir = process.argv[2] ?? '/tmp/fio';
const PAIRS = 15;
const PASSES = 10;

const { files } = await listFiles(dir);
const work = makeWorkload('big-random', files, { dir });
const path = work.files[0]?.path ?? '';
const setup = { reader: /** @type {const} */ ('uring'), work, queueDepth: 64, alignBytes: undefined };
const plain = await ChildContender.start({ ...setup, latency: false }, 4);
const recording = await ChildContender.start({ ...setup, latency: true }, 4);
const device = deviceOf(path);

/** @param {() => Promise<import('../dist/bench/contender.js').Sample>} run */
async function speed(run) {
  const { bytes, wallNs } = await run();
  return bytes / wallNs;
}

/** @param {string} what @param {() => Promise<number>} measured @param {() => Promise<number>} bare */
async function compare(what, measured, bare) {
  const ratios = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const before = pair % 2 === 0 ? await measured() : undefined;
    const without = await bare();
    ratios.push((before ?? (await measured())) / without);
  }
  const { value, low, high } = estimateMedian(ratios);
  process.stdout.write(
    `${what}: ${value.toFixed(3)} × the throughput without (${low.toFixed(3)}–${high.toFixed(3)})\n`,
  );
}

warm(path);
const bare = () => speed(() => plain.run(PASSES));
await bare();
await speed(() => recording.run(PASSES));
await compare('recording latencies', () => speed(() => recording.run(PASSES)), bare);
const watched = () => speed(async () => (await watch(device, () => plain.run(PASSES))).result);
await compare('watching the device', watched, bare);
await Promise.all([plain.close(), recording.close()]);
