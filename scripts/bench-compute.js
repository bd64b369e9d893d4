#!/usr/bin/env node
// Measures lsio stats against xarray with dask and against numpy in a thread pool (Debian's packages), whole processes in
// turns, and compares what they find. Usage: npm run build && scripts/bench-compute.js [--quick] [--runs N] [--dir DIR] [--json FILE]
// Data: float32 in raw chunks of 1 MiB and of 64 KiB, 512 MiB each, made in DIR (default /tmp/lsio-compute) and kept.
// --quick: 2 runs instead of 5, about three minutes. --json keeps every run.
// From the page cache: each contender has read the files before it is measured. Then cold: the rate within lsio, after the
// files were dropped from the page cache, beside fio's of the same files with O_DIRECT. Root reserves huge pages for fio;
// without them fio is slower, which is said. CDO (Debian: cdo) makes one map of the five, of one file in NetCDF.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from 'simple-statistics';
import { inTurn } from '../dist/bench/interleave.js';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const PYTHON = '/usr/bin/python3';
const BYTES = 2 ** 29;
const runs = Number(argument('--runs') ?? (process.argv.includes('--quick') ? 2 : 5));
const json = argument('--json');
const directory = argument('--dir') ?? '/tmp/lsio-compute';

/** Side of a chunk's square, whose chunks are one time step each, and the reads in flight that fio needs most of. */
const STORES = [
  { name: '1 MiB chunks', side: 512, depth: 8 },
  { name: '64 KiB chunks', side: 128, depth: 64 },
];
const HUGE_PAGES = '/proc/sys/vm/nr_hugepages';
const WORK = [
  { name: 'five statistics of everything', over: 'all' },
  { name: 'five maps over time', over: 'time' },
];

/** @type {import('./compute/report.js').ComputeResult} */
const result = {
  schema: 'lsio.bench-compute/1',
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? '',
  cpus: cpus().length,
  node: process.versions.node,
  load: loadavg(),
  rows: [],
  cold: [],
};
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}\n`,
);
process.stdout.write('whole processes, page cache, medians; ratios to lsio\n');
for (const { name, side, depth } of STORES) {
  const store = makeStore(side);
  for (const { name: work, over } of WORK) {
    process.stdout.write(`\n${name}, ${work}\n`);
    compare(`${name}, ${work}`, contenders(store, over));
    save();
  }
  process.stdout.write(`\n${name}, cold\n`);
  compareCold(name, store, { side, depth });
  save();
}

function save() {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
}

/** @param {string} name */
function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** @typedef {{ name: string, command: string[], compared?: string[] }} Contender What prints the results, where `command` doesn't. */

/** @param {number} side */
function makeStore(side) {
  const store = path.join(directory, `${side}.zarr`);
  const steps = BYTES / (4 * side * side);
  if (existsSync(path.join(store, 't2m/.zarray'))) return store;
  mkdirSync(path.join(store, 't2m'), { recursive: true });
  const base = Float32Array.from({ length: side * side }, (_, i) => 280 + 10 * Math.sin(i * 12.9898));
  for (let t = 0; t < steps; t++) {
    const values = base.map((x) => x + (t % 24));
    values[t % values.length] = Number.NaN;
    writeFileSync(path.join(store, `t2m/${t}.0.0`), values);
  }
  writeFileSync(path.join(store, '.zgroup'), '{"zarr_format": 2}');
  writeFileSync(path.join(store, 't2m/.zattrs'), '{"_ARRAY_DIMENSIONS": ["time", "lat", "lon"]}');
  const shape = [steps, side, side];
  const metadata = { zarr_format: 2, shape, chunks: [1, side, side], dtype: '<f4', fill_value: 'NaN', order: 'C' };
  writeFileSync(path.join(store, 't2m/.zarray'), JSON.stringify({ ...metadata, filters: null, compressor: null }));
  return store;
}

/** @param {string} store @param {string} over @returns {Contender[]} */
function contenders(store, over) {
  const lsio = [process.execPath, path.join(root, 'bin/lsio.js')];
  const axis = over === 'time' ? "'time'" : 'None';
  const dask = `
import json, warnings, xarray as xr, dask
warnings.simplefilter('ignore')
x = xr.open_zarr(${JSON.stringify(store)}, consolidated=False).t2m
found = dask.compute(x.mean(${axis}, dtype='f8'), x.std(${axis}, dtype='f8'), x.min(${axis}), x.max(${axis}), x.count(${axis}))
print(json.dumps([float(a.mean()) for a in found]))`;
  const numpy = `
import json, os, numpy as np
from concurrent.futures import ThreadPoolExecutor
d = ${JSON.stringify(path.join(store, 't2m'))}
def one(name):
    x = np.fromfile(os.path.join(d, name), 'f4').astype('f8')
    x = x[~np.isnan(x)]
    m = x.mean()
    return len(x), m, ((x - m) ** 2).sum(), x.min(), x.max()
with ThreadPoolExecutor(${cpus().length}) as pool:
    all = np.array(list(pool.map(one, [f for f in os.listdir(d) if not f.startswith('.')], chunksize=16)))
n, m, q, low, high = all.T
mean = (n * m).sum() / n.sum()
print(json.dumps([mean, float(np.sqrt((q.sum() + (n * (m - mean) ** 2).sum()) / n.sum())), low.min(), high.max(), n.sum()]))`;
  const stats = [...lsio, 'stats', `${store}/t2m`, '--over', over, '--json'];
  const maps = [...lsio, 'stats', `${store}/t2m`, '--over', over, '-o', `${store}.maps.zarr`, '--overwrite', '--quiet'];
  return [
    // Maps are written, as a user would; the first run prints them, to be compared.
    { name: 'lsio', command: over === 'all' ? stats : maps, compared: stats },
    { name: 'xarray + dask', command: [PYTHON, '-c', dask] },
    ...(over === 'all'
      ? [
          { name: 'lsio --exact', command: [...stats, '--exact'] },
          { name: 'numpy, threads', command: [PYTHON, '-c', numpy] },
        ]
      : cdo(store)),
  ];
}

/** CDO finds one of the maps, and prints nothing. @param {string} store @returns {Contender[]} */
function cdo(store) {
  if (spawnSync('cdo', ['--version']).status !== 0) {
    process.stdout.write('  without CDO: apt-get install cdo\n');
    return [];
  }
  const file = `${store}.nc`;
  const program = `
import sys, xarray as xr
xr.open_zarr(sys.argv[1], consolidated=False).to_netcdf(sys.argv[2], format='NETCDF3_64BIT')`;
  if (!existsSync(file)) spawnSync(PYTHON, ['-c', program, store, file], { stdio: 'inherit' });
  return [{ name: 'CDO, mean only', command: ['sh', '-c', `cdo -s timmean ${file} ${store}.mean.nc`] }];
}

/** @param {string} name @param {string} store @param {{ side: number, depth: number }} how */
function compareCold(name, store, { side, depth }) {
  const lsio = path.join(root, 'bin/lsio.js');
  const huge = reservesHugePages(depth * 4 * side * side);
  const fio = [
    ...['--name=cold', `--directory=${store}/t2m`, '--filename_format=$filenum.0.0', '--readonly'],
    ...[`--nrfiles=${BYTES / (4 * side * side)}`, `--size=${BYTES}`, `--bs=${4 * side * side}`, '--rw=read'],
    ...['--ioengine=io_uring', `--iodepth=${depth}`, '--direct=1', '--file_service_type=sequential'],
    ...['--openfiles=128', `--mem=${huge ? 'mmaphuge' : 'mmap'}`, '--output-format=json'],
  ];
  /** @type {{ name: string, rate: () => number }[]} */
  const all = [
    {
      name: 'lsio stats',
      rate: () => JSON.parse(out('node', [lsio, 'stats', `${store}/t2m`, '--json'])).bytesPerSecond,
    },
    {
      name: huge ? 'fio, huge pages' : 'fio, small pages',
      rate: () => JSON.parse(out('fio', fio)).jobs[0].read.bw_bytes,
    },
  ];
  const rows = all.map(({ name: by }) => ({
    work: `${name}, five statistics of everything`,
    name: by,
    bytesPerSecond: [],
  }));
  for (let run = 0; run < runs; run++) {
    for (const i of inTurn([...all.keys()], run)) {
      out('node', [lsio, 'cache', 'evict', store]);
      /** @type {number[] | undefined} */ (rows[i]?.bytesPerSecond)?.push(all[i]?.rate() ?? Number.NaN);
    }
  }
  result.cold.push(...rows);
  for (const { name: by, bytesPerSecond } of rows) {
    process.stdout.write(`  ${by.padEnd(18)}${(median(bytesPerSecond) / 1e9).toFixed(2)} GB/s\n`);
  }
}

/** Reserves huge pages for fio's buffers and as many for what it puts around them, until this process ends. @param {number} bytes @returns {boolean} whether they are there */
function reservesHugePages(bytes) {
  const pages = 2 * Math.ceil(bytes / 2 ** 21) + 8;
  try {
    const before = readFileSync(HUGE_PAGES, 'utf8');
    process.once('exit', () => writeFileSync(HUGE_PAGES, before));
    writeFileSync(HUGE_PAGES, `${Number(before) + pages}`);
    return Number(readFileSync(HUGE_PAGES, 'utf8')) >= pages;
  } catch {
    return false;
  }
}

/** @param {string} command @param {string[]} args */
function out(command, args) {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** @param {string} work @param {Contender[]} all */
function compare(work, all) {
  /** @type {{ wall: number[], cpu: number[], memory: number[], found: number[] }[]} */
  const results = all.map(() => ({ wall: [], cpu: [], memory: [], found: [] }));
  for (let run = -1; run < runs; run++) {
    for (const i of inTurn([...all.keys()], run)) {
      const { command = [], compared = command } = all[i] ?? {};
      const { wall, cpu, memory, found } = measure(run < 0 ? compared : command);
      const result = results[i];
      if (result === undefined) continue;
      if (run < 0) {
        result.found = found;
        continue;
      }
      result.wall.push(wall);
      result.cpu.push(cpu);
      result.memory.push(memory);
    }
  }
  const [ours] = results;
  if (ours === undefined) return;
  for (const [i, { wall, cpu, memory, found }] of results.entries()) {
    const isSame = (/** @type {number} */ value, /** @type {number} */ k) =>
      Math.abs(value - (ours.found[k] ?? Number.NaN)) <= 1e-6 * Math.abs(value);
    const same = found.length === 0 ? undefined : found.every(isSame);
    result.rows.push({
      work,
      name: all[i]?.name ?? '',
      wallSeconds: wall,
      cpuSeconds: cpu,
      memoryMegabytes: memory,
      same,
    });
    const ratio = `${(median(wall) / median(ours.wall)).toFixed(1)} × time, ${(median(cpu) / median(ours.cpu)).toFixed(1)} × CPU`;
    const figures = `${median(wall).toFixed(2)} s, ${median(cpu).toFixed(2)} s CPU, ${Math.round(median(memory))} MB`;
    process.stdout.write(
      `  ${(all[i]?.name ?? '').padEnd(16)}${figures.padEnd(32)}${ratio}${same === false ? '  DIFFERENT RESULTS' : ''}\n`,
    );
  }
}

/** Runs a command in a child of Python's, which knows what its children used. @param {string[]} command */
function measure(command) {
  const program = `
import json, resource, subprocess, sys, time
start = time.perf_counter()
out = subprocess.run(json.loads(sys.argv[1]), stdout=subprocess.PIPE, check=True).stdout.decode()
wall = time.perf_counter() - start
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall, r.ru_utime + r.ru_stime, r.ru_maxrss / 1e3, json.loads(out if out.startswith(('{', '[')) else '[]')]))`;
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', program, JSON.stringify(command)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(stderr);
  const [wall, cpu, memory, document] = JSON.parse(stdout);
  const found = Array.isArray(document)
    ? document
    : ['mean', 'std', 'min', 'max', 'count'].map((name) => meanOf(document.results[name]));
  return { wall, cpu, memory, found };
}

/** @param {number | unknown[]} values @returns {number} */
function meanOf(values) {
  const all = [values].flat(3).map(Number);
  return all.reduce((a, b) => a + b, 0) / all.length;
}
