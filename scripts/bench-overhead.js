#!/usr/bin/env node
/*
 * What measuring costs: random 4 KiB blocks of the big file from the page cache, with and without latencies being recorded,
 * and with and without the device being watched, in turn by the same ring. Prints the median of the ratios, with its
 * interval. Build first.
 *   scripts/bench-overhead.js [DIR]
 */
import { warm } from '../dist/bench/cache.js';
import { deviceOf } from '../dist/bench/device.js';
import { EngineReader } from '../dist/bench/engine-reader.js';
import { LatencyHistogram } from '../dist/bench/latency.js';
import { watch } from '../dist/bench/monitor.js';
import { estimateMedian } from '../dist/bench/stats.js';
import { openEngine } from '../dist/engine/open.js';
import { makeWorkload } from '../dist/workload/cases.js';
import { listFiles } from '../dist/workload/list-files.js';

const dir = process.argv[2] ?? '/tmp/fio';
const PAIRS = 40;
const PASSES = 4;

const { files } = await listFiles(dir);
const work = makeWorkload('big-random', files, { dir });
const path = work.files[0]?.path ?? '';
const device = deviceOf(path);
const reader = new EngineReader(await openEngine({ engine: 'uring', queueDepth: 64 }), { alignBytes: undefined });

/** Reads the work; returns reads per nanosecond. @param {LatencyHistogram} [latency] */
async function speed(latency) {
  const beganMs = performance.now();
  const { operations } = await reader.read(work, PASSES, { latency });
  return operations / (performance.now() - beganMs);
}

/** @param {string} what @param {() => Promise<number>} measured */
async function compare(what, measured) {
  await measured();
  const ratios = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const before = pair % 2 === 0 ? await measured() : undefined;
    const without = await speed();
    ratios.push((before ?? (await measured())) / without);
  }
  const { value, low, high } = estimateMedian(ratios);
  process.stdout.write(
    `${what}: ${value.toFixed(3)} × the throughput without (${low.toFixed(3)}–${high.toFixed(3)})\n`,
  );
}

warm(path);
await speed();
await compare('recording latencies', () => speed(new LatencyHistogram()));
await compare('watching the device', async () => (await watch(device, () => speed())).result);
await reader.close();
