#!/usr/bin/env node
// Measures the kernels on one core, in turns with plain JavaScript and with numpy doing the same work (where Debian's
// python3-numpy is there). Usage: npm run build && scripts/bench-kernels.js [--rounds N]
// 1 MiB of data a call, warm in the cache hierarchy as a chunk just read is. Prints the median GB/s of the input.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { median } from 'simple-statistics';
import { axisStateBytes } from '../dist/kernels/axis.js';
import { kernelMemory, loadKernels } from '../dist/kernels/kernels.js';

const BYTES = 1 << 20;
const SOURCE = 0;
const WEIGHTS = 2 * BYTES;
const OUT = 8 * BYTES;
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 9);

/** @typedef {import('../dist/kernels/kernels.js').Kernels} Kernels */
/** @type {[name: string, type: string, run: (k: Kernels) => void, numpy?: string][]} */
const CASES = [
  [
    'count mean M2 min max float32',
    'f4',
    (k) => k.momentsF32(SOURCE, BYTES / 4, OUT),
    'np.nanmean(x, dtype="f8"), np.nanstd(x, dtype="f8"), np.nanmin(x), np.nanmax(x)',
  ],
  [
    'count mean M2 min max float64',
    'f8',
    (k) => k.momentsF64(SOURCE, BYTES / 8, OUT),
    'np.nanmean(x), np.nanstd(x), np.nanmin(x), np.nanmax(x)',
  ],
  [
    'exact sums min max int16',
    'i2',
    (k) => k.momentsI16(SOURCE, BYTES / 2, true, -999n, OUT),
    '(lambda y: (y.sum(dtype="i8"), y.std(), y.min(), y.max()))(x[x != -999])',
  ],
  [
    'exact sums min max uint8',
    'u1',
    (k) => k.momentsU8(SOURCE, BYTES, false, 0n, OUT),
    'x.sum(dtype="i8"), x.std(), x.min(), x.max()',
  ],
  [
    'exact sums min max int32',
    'i4',
    (k) => k.momentsI32(SOURCE, BYTES / 4, true, -999n, OUT),
    '(lambda y: (y.sum(dtype="i8"), y.std(), y.min(), y.max()))(x[x != -999])',
  ],
  [
    'exact sums min max int64',
    'i8',
    (k) => k.momentsI64(SOURCE, BYTES / 8, false, 0n, OUT),
    'x.sum(), x.std(), x.min(), x.max()',
  ],
  [
    'along an axis float32',
    'f4',
    (k) => axisSteps(k, 'F32'),
    'x.reshape(16, -1).mean(0, dtype="f8"), x.reshape(16, -1).std(0, dtype="f8"), x.reshape(16, -1).min(0), x.reshape(16, -1).max(0)',
  ],
  [
    'along an axis float64',
    'f8',
    (k) => axisSteps(k, 'F64'),
    'x.reshape(16, -1).mean(0), x.reshape(16, -1).std(0), x.reshape(16, -1).min(0), x.reshape(16, -1).max(0)',
  ],
  ['exact sum and squares float32', 'f4', (k) => k.exactF32(SOURCE, BYTES / 4, OUT)],
  ['exact sum and squares float64', 'f8', (k) => k.exactF64(SOURCE, BYTES / 8, OUT)],
  [
    'radix counts pass 1 float32',
    'f4',
    (k) => k.radixF32(SOURCE, BYTES / 4, false, 0, 16, false, 0n, OUT),
    'np.sort(x)',
  ],
  ['radix counts pass 2 float32', 'f4', (k) => k.radixF32(SOURCE, BYTES / 4, false, 0, 0, true, 0xc38en, OUT)],
  [
    'histogram 1,024 bins float64',
    'f8',
    (k) => k.histogram(SOURCE, BYTES / 8, WEIGHTS, 1024, OUT),
    'np.histogram(x, 1024, (200, 320))',
  ],
  [
    'int16 to float64, scaled',
    'i2',
    (k) => k.toFloat64FromI16(OUT, SOURCE, BYTES / 2, true, -999, 0.01, 273.15),
    'np.where(x == -999, np.nan, x * 0.01 + 273.15)',
  ],
  ['float32 to float64', 'f4', (k) => k.toFloat64FromF32(OUT, SOURCE, BYTES / 4, false, 0, 1, 0), 'x.astype("f8")'],
  [
    'box copy, rows of 64 bytes',
    'u1',
    (k) => k.copyBox(OUT, SOURCE, 64, BYTES / 64, 64, 64, 1, 0, 0),
    'x.reshape(-1, 64)[:, :63].copy()',
  ],
  ['unshuffle 4', 'u1', (k) => k.unshuffle(OUT, SOURCE, BYTES / 4, 4), 'x.reshape(4, -1).T.copy()'],
  ['unshuffle 8', 'u1', (k) => k.unshuffle(OUT, SOURCE, BYTES / 8, 8), 'x.reshape(8, -1).T.copy()'],
  ['bitunshuffle 4', 'u1', (k) => k.bitUnshuffle(OUT, SOURCE, 2 * BYTES, BYTES / 4, 4)],
  ['byte swap 4', 'u1', (k) => k.byteSwap(OUT, SOURCE, BYTES / 4, 4), 'x.view("u4").byteswap()'],
];

const wasm = loadKernels(kernelMemory(16 * BYTES), 'wasm');
const js = loadKernels({ buffer: new ArrayBuffer(16 * BYTES) });
const hasNumpy = spawnSync('/usr/bin/python3', ['-c', 'import numpy']).status === 0;

process.stdout.write(
  `${cpus()[0]?.model}, Node ${process.versions.node}; GB/s of input, one core, median of ${rounds} rounds\n`,
);
process.stdout.write(`${'kernel'.padEnd(32)}${'wasm'.padStart(8)}${'js'.padStart(8)}${'numpy'.padStart(8)}\n`);
for (const [name, type, run, numpy] of CASES) {
  for (const kernels of [wasm, js]) fill(kernels.buffer, type);
  /** @type {[number[], number[], number[]]} */
  const rates = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    rates[0].push(rate(() => run(wasm)));
    rates[1].push(rate(() => run(js)));
    if (numpy !== undefined && hasNumpy && round < 3) rates[2].push(numpyRate(type, numpy));
  }
  process.stdout.write(`${name.padEnd(32)}${rates.map((all) => text(all)).join('')}\n`);
}

/** @param {number[]} all */
function text(all) {
  if (all.length === 0) return ''.padStart(8);
  const middle = median(all);
  return middle.toFixed(middle < 1 ? 2 : 1).padStart(8);
}

/** By CPU time: other processes do not count. @param {() => void} run */
function rate(run) {
  run();
  const start = process.cpuUsage();
  let calls = 0;
  let elapsed = 0;
  do {
    run();
    calls++;
    const { user, system } = process.cpuUsage(start);
    elapsed = user + system;
  } while (elapsed < 60e3);
  return (calls * BYTES) / elapsed / 1e3;
}

/** @param {string} type @param {string} expression */
function numpyRate(type, expression) {
  const program = `
import time, warnings
import numpy as np
warnings.simplefilter('ignore')
x = (280 + np.sin(np.arange(${BYTES} // np.dtype('${type}').itemsize)) * 20).astype('${type}')
f = lambda: (${expression})
f()
start = time.process_time_ns(); calls = 0
while time.process_time_ns() - start < 60e6:
    f(); calls += 1
print(calls * ${BYTES} / (time.process_time_ns() - start))`;
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', program], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  return Number(stdout);
}

/** 16 steps of as many points as make 1 MiB. @param {Kernels} kernels @param {'F32' | 'F64'} type */
function axisSteps(kernels, type) {
  const bytes = type === 'F32' ? 4 : 8;
  const points = BYTES / bytes / 16;
  kernels[`axisClear${type}`](OUT, points);
  for (let step = 0; step < 16; step++)
    kernels[`axisAdd${type}`](SOURCE + step * points * bytes, 0, points, OUT, points);
  if (axisStateBytes(type, points) > BYTES * 4) throw new Error('the state does not fit');
}

/** Temperatures around 280 K. @param {ArrayBuffer} buffer @param {string} type */
function fill(buffer, type) {
  const views = {
    f4: Float32Array,
    f8: Float64Array,
    i2: Int16Array,
    u1: Uint8Array,
    i4: Int32Array,
  };
  if (type === 'i8') new BigInt64Array(buffer, SOURCE, BYTES / 8).fill(280n);
  else {
    const view = new views[/** @type {'f4'} */ (type)](buffer, SOURCE, BYTES / Number(type[1]));
    for (let i = 0; i < view.length; i++) view[i] = 280 + Math.sin(i) * 20;
  }
  const table = new Float64Array(buffer, WEIGHTS, BYTES / 8);
  for (let i = 0; i < table.length; i++) table[i] = 200 + (i * 120) / 1024;
}
