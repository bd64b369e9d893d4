import type { Environment } from '../bench/environment.js';
import type { ReaderName } from '../bench/reader.js';
import type { BenchResult, CaseResult, CompareResult, Comparison, RunRecord, SideResult } from '../bench/result.js';

const GIB = 2 ** 30;

function environment(dir: string): Environment {
  return {
    date: '2026-11-21T14:03:12.000Z',
    lsio: '0.1.0',
    node: '20.20.2',
    koffi: '3.3.4',
    liburing: '2.3',
    fio: 'fio-3.33',
    ringFlags: ['SINGLE_ISSUER', 'DEFER_TASKRUN', 'COOP_TASKRUN', 'SUBMIT_ALL', 'CQSIZE', 'CLAMP'],
    kernel: 'Linux 6.18.0',
    cpu: 'AMD EPYC 7B13',
    cpus: 2,
    memoryBytes: 8 * GIB,
    virtualisation: 'Google Compute Engine',
    governor: null,
    hugePages: 'madvise',
    loadAverage: 0.31,
    dir,
    fileSystem: 'ext4',
    mountOptions: 'rw,relatime,discard',
    device: { name: 'vda', model: 'virtio', scheduler: 'none', nr_requests: '256', rotational: '0' },
  };
}

/** A number between -1 and 1 that looks random and is the same every time. */
function jitter(seed: number): number {
  const value = Math.sin(seed * 127.1) * 43758.5453;
  return 2 * (value - Math.floor(value)) - 1;
}

interface Sketch {
  readonly name: CaseResult['case'];
  readonly cache: CaseResult['cache'];
  readonly engine: ReaderName;
  readonly depth: number;
  /** null: no run was valid. */
  readonly gibPerSecond: number | null;
  readonly latencyNs: number;
}

const REASONS: Readonly<Record<ReaderName, string>> = {
  uring: 'io_uring answered a verified read',
  'uring-raw': 'io_uring answered a verified read',
  'node-raw': 'node:fs on libuv, as asked for',
  node: 'node:fs on libuv, as asked for',
  store: 'LocalStore.get, LocalStore.getRange',
  promises: 'fs.promises.readFile, 4 threads',
  callback: 'fs.readFile, 4 threads',
  sync: 'fs.readFileSync',
  buffer: 'fs.openSync, fs.readSync into one buffer, fs.closeSync',
};

function runOf(sketch: Sketch, index: number): RunRecord {
  const rate = (sketch.gibPerSecond ?? 1) * GIB * (1 + 0.04 * jitter(index + sketch.latencyNs));
  const wallNs = Math.round(1.1e9 + 5e7 * index);
  const bytes = Math.round((rate * wallNs) / 1e9);
  const cold = sketch.cache === 'cold';
  return {
    wallNs,
    cpuUserNs: 120_000_000,
    cpuSystemNs: 480_000_000,
    bytes,
    operations: Math.round(bytes / 262_144),
    reads: sketch.engine === 'uring' ? Math.round(bytes / 262_144) : null,
    bytesRead: sketch.engine === 'uring' ? bytes : null,
    residentBytesBefore: cold ? 0 : 262_144_000,
    deviceBytes: cold ? bytes : 0,
    contextSwitches: 1834,
    pageFaults: 212,
    majorPageFaults: null,
    stealNs: 3_000_000,
    valid: sketch.gibPerSecond !== null,
  };
}

/** A log-normal distribution with a tail, as a histogram in steps of 9 % would tell it. */
function latencySharesOf(medianNs: number): CaseResult['latencyShares'] {
  const shares = [];
  for (let step = -14; step <= 40; step += 1) {
    const share = 1 / (1 + Math.exp(-(step < 6 ? step / 2.2 : 2.73 + (step - 6) / 5)));
    if (share > 0.002) shares.push({ ns: Math.round(medianNs * 1.09 ** step), share: step === 40 ? 1 : share });
  }
  return shares;
}

function caseOf(sketch: Sketch): CaseResult {
  const { name, cache, engine, depth, gibPerSecond, latencyNs } = sketch;
  const rate = gibPerSecond === null ? null : gibPerSecond * GIB;
  const shares = gibPerSecond === null ? [] : latencySharesOf(latencyNs);
  const percentile = (share: number) => shares.find((step) => step.share >= share)?.ns ?? null;
  const watched = cache === 'cold' && rate !== null;
  const big = name.startsWith('big');
  const blockBytes = big ? 4096 : 262_144;
  return {
    case: name,
    cache,
    direct: cache === 'cold',
    engine,
    engineReason: REASONS[engine],
    queueDepth: depth,
    rings: 1,
    threadPoolSize: engine === 'promises' || engine === 'callback' ? 4 : null,
    order: 'sorted',
    readOrder: 'given',
    files: big ? 1 : 1000,
    operations: big ? 64_000 : 1000,
    bytes: blockBytes * (big ? 64_000 : 1000),
    passes: cache === 'warm' ? 24 : 8,
    runs: [0, 1, 2, 3, 4].map((index) => runOf(sketch, index)),
    bytesPerSecond: rate,
    bytesPerSecondLow: rate === null ? null : rate * 0.965,
    bytesPerSecondHigh: rate === null ? null : rate * 1.028,
    operationsPerSecond: rate === null ? null : rate / blockBytes,
    cpuNsPerOperation: rate === null ? null : 41_000,
    cpuNsPerGiB: rate === null ? null : 168_000_000,
    latencyNsP50: percentile(0.5),
    latencyNsP90: percentile(0.9),
    latencyNsP99: percentile(0.99),
    latencyNsP999: percentile(0.999),
    latencyNsP9999: percentile(0.9999),
    latencyShares: shares,
    deviceQueueAverage: watched ? depth * 0.9 : null,
    device: watched
      ? {
          bytesPerSecond: rate * 1.002,
          readsPerSecond: rate / blockBytes,
          mergedShare: 0,
          awaitNs: latencyNs * 0.9,
          queueAverage: depth * 0.9,
          utilisation: 0.98,
        }
      : null,
    deviceOverTime: watched
      ? Array.from({ length: 24 }, (_, index) => ({
          atNs: 5e7 * index,
          queue: index === 0 ? 0 : depth * (0.9 + 0.1 * jitter(index + latencyNs)),
          bytesPerSecond: index === 0 ? 0 : rate * (1 + 0.06 * jitter(index * 3 + latencyNs)),
        }))
      : [],
    bound: watched
      ? { by: 'device', evidence: `${(depth * 0.9).toFixed(1)} of ${depth} reads in hand, CPUs 31 % busy` }
      : rate === null
        ? null
        : { by: 'cpu', evidence: 'its CPU was 97 % busy' },
    perf: engine === 'uring' && cache === 'warm' ? { instructions: 3.1e9, 'cache-misses': 2_410_000 } : null,
    verified: 'sample',
  };
}

/** A benchmark as it comes out here: a sweep, a warm case, and one whose runs were not all valid. */
export function benchResult(dir = '/data/fio'): BenchResult {
  const cold = { name: 'whole-files', cache: 'cold' } as const;
  const warm = { name: 'whole-files', cache: 'warm' } as const;
  const random = { name: 'big-random', cache: 'cold' } as const;
  const sketches: Sketch[] = [
    { ...cold, engine: 'uring', depth: 1, gibPerSecond: 0.62, latencyNs: 380_000 },
    { ...cold, engine: 'promises', depth: 1, gibPerSecond: 0.41, latencyNs: 560_000 },
    { ...cold, engine: 'sync', depth: 1, gibPerSecond: 0.72, latencyNs: 310_000 },
    { ...cold, engine: 'uring', depth: 8, gibPerSecond: 1.71, latencyNs: 1_100_000 },
    { ...cold, engine: 'promises', depth: 8, gibPerSecond: 1.16, latencyNs: 1_600_000 },
    { ...cold, engine: 'uring', depth: 32, gibPerSecond: 2.02, latencyNs: 3_800_000 },
    { ...cold, engine: 'promises', depth: 32, gibPerSecond: 1.21, latencyNs: 6_300_000 },
    { ...cold, engine: 'uring', depth: 64, gibPerSecond: 1.98, latencyNs: 7_900_000 },
    { ...cold, engine: 'promises', depth: 64, gibPerSecond: 1.18, latencyNs: 12_900_000 },
    { ...warm, engine: 'uring', depth: 16, gibPerSecond: 7.1, latencyNs: 480_000 },
    { ...warm, engine: 'promises', depth: 16, gibPerSecond: 3.5, latencyNs: 1_010_000 },
    { ...warm, engine: 'callback', depth: 16, gibPerSecond: 3.9, latencyNs: 910_000 },
    { ...warm, engine: 'sync', depth: 1, gibPerSecond: 4.2, latencyNs: 55_000 },
    { ...random, engine: 'uring', depth: 64, gibPerSecond: 0.51, latencyNs: 470_000 },
    { ...random, engine: 'node', depth: 64, gibPerSecond: 0.2, latencyNs: 1_190_000 },
    { ...random, engine: 'promises', depth: 64, gibPerSecond: 0.11, latencyNs: 2_200_000 },
    { ...random, engine: 'callback', depth: 64, gibPerSecond: null, latencyNs: 1 },
  ];
  return {
    schema: 'lsio.bench/1',
    environment: environment(dir),
    cases: sketches.map(caseOf),
    warnings: [
      { kind: 'cold-was-warm', case: 'big-random', residentBytes: 1_048_576, bytes: GIB },
      { kind: 'file-skipped', path: `${dir}/a|b`, reason: 'it is a socket' },
    ],
    interrupted: false,
  };
}

interface Pair extends Omit<Sketch, 'engine' | 'latencyNs'> {
  readonly baseline: Comparison['baseline'];
  readonly ratio: number;
  readonly spread: number;
  readonly verdict: Comparison['verdict'];
  readonly dir: string;
}

function sideOf(pair: Pair, ratio: number, side: 'lsio' | 'fio'): SideResult {
  const rate = (pair.gibPerSecond ?? 1) * GIB * ratio;
  const { name, cache, depth, dir } = pair;
  return {
    bytesPerSecond: rate,
    operationsPerSecond: rate / (name.startsWith('big') ? 4096 : 262_144),
    cpuNsPerOperation: side === 'lsio' ? 2140 : 2480,
    cpuUserShare: side === 'lsio' ? 0.12 : 0.09,
    runs: [0, 1, 2].map((index) =>
      runOf({ name, cache, depth, engine: 'uring', gibPerSecond: rate / GIB, latencyNs: 1 }, index),
    ),
    commandLine:
      side === 'lsio'
        ? `lsio bench --files '${dir}' --case ${name} --cache ${cache} --queue-depth ${depth} --engines uring`
        : `fio --name=${name} --ioengine=io_uring --iodepth=${depth} --direct=1 --rw=read --readonly --directory='${dir}'`,
    version: side === 'lsio' ? '0.1.0' : 'fio-3.33',
  };
}

function comparisonOf(pair: Pair): Comparison {
  const { name, cache, depth, baseline, ratio, spread, verdict } = pair;
  const big = name.startsWith('big');
  return {
    case: name,
    cache,
    direct: cache === 'cold',
    queueDepth: depth,
    rings: 1,
    baseline,
    readOrder: 'given',
    files: big ? 1 : 1000,
    operations: big ? 64_000 : 1000,
    bytes: 262_144_000,
    passes: cache === 'warm' ? 24 : 1,
    engine: 'uring',
    lsio: sideOf(pair, ratio, 'lsio'),
    fio: { ...sideOf(pair, 1, 'fio'), job: `[${name}]\nioengine=io_uring\n` },
    ratio,
    ratioLow: ratio - spread,
    ratioHigh: ratio + spread,
    verdict,
    asymmetries: [
      'lsio reports to JavaScript, fio to nobody',
      ...(baseline === 'classic' ? ['fio opens its files before the clock starts'] : []),
      ...(cache === 'cold' ? [`fio too has huge pages after sysctl vm.nr_hugepages=${big ? 33 : 68}`] : []),
    ],
  };
}

/** A comparison with each of the four verdicts. */
export function compareResult(dir = '/data/fio'): CompareResult {
  const pairs: Omit<Pair, 'dir'>[] = [
    ['whole-files', 'cold', 16, 1.98, 'matched', 1.01, 0.03, 'equal'],
    ['whole-files', 'cold', 16, 1.9, 'classic', 0.93, 0.04, 'slower'],
    ['whole-files', 'warm', 16, 6.1, 'matched', 1.18, 0.05, 'faster'],
    ['big-random', 'cold', 64, 0.5, 'matched', 1.04, 0.07, 'undecided'],
    ['big-random', 'warm', 64, 4.8, 'matched', 1.62, 0.09, 'faster'],
  ].map((row) => {
    const [name, cache, depth, gibPerSecond, baseline, ratio, spread, verdict] = row;
    return { name, cache, depth, gibPerSecond, baseline, ratio, spread, verdict } as Omit<Pair, 'dir'>;
  });
  return {
    schema: 'lsio.compare-fio/1',
    commandLine: 'lsio compare-fio --runs 6',
    environment: environment(dir),
    comparisons: pairs.map((pair) => comparisonOf({ ...pair, dir })),
    warnings: [{ kind: 'busy-machine', loadAverage: 2.4, cpus: 2 }],
    interrupted: true,
  };
}
