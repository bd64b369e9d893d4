import { describe, expect, test } from 'vitest';
import type { BenchResult, CaseResult, RunRecord } from '../bench/result.js';
import { renderBench } from './bench.js';

const RUN: RunRecord = {
  wallNs: 1e9,
  cpuUserNs: 1e8,
  cpuSystemNs: 4e8,
  bytes: 2 ** 30,
  operations: 4096,
  reads: null,
  bytesRead: null,
  residentBytesBefore: 0,
  deviceBytes: 2 ** 30,
  contextSwitches: 10,
  pageFaults: 20,
  majorPageFaults: 0,
  stealNs: 0,
  valid: true,
};

function entry(engine: CaseResult['engine'], bytesPerSecond: number | null, queueDepth = 16): CaseResult {
  return {
    case: 'whole-files',
    cache: 'cold',
    direct: engine === 'uring',
    engine,
    engineReason: '',
    queueDepth,
    rings: 1,
    threadPoolSize: null,
    order: 'sorted',
    readOrder: 'given',
    files: 1000,
    operations: 1000,
    bytes: 262_144_000,
    passes: 1,
    runs: [RUN, { ...RUN, valid: bytesPerSecond !== null }],
    bytesPerSecond,
    bytesPerSecondLow: bytesPerSecond,
    bytesPerSecondHigh: bytesPerSecond,
    operationsPerSecond: bytesPerSecond === null ? null : bytesPerSecond / 262_144,
    cpuNsPerOperation: 1000,
    cpuNsPerGiB: 5e8,
    latencyNsP50: 250_000,
    latencyNsP90: 500_000,
    latencyNsP99: 1_250_000,
    latencyNsP999: 2_000_000,
    latencyNsP9999: 3_000_000,
    latencyShares: [],
    deviceQueueAverage: 12.345,
    device:
      bytesPerSecond === null
        ? null
        : {
            bytesPerSecond: 2e9,
            readsPerSecond: 8000,
            mergedShare: 0,
            awaitNs: 1e6,
            queueAverage: 12,
            utilisation: 0.99,
          },
    deviceOverTime: [],
    bound: bytesPerSecond === null ? null : { by: 'device', evidence: '' },
    perf: null,
    verified: 'sample',
  };
}

function result(cases: CaseResult[]): BenchResult {
  return {
    schema: 'lsio.bench/1',
    environment: {
      date: '2026-11-21T00:00:00.000Z',
      lsio: '0.1.0',
      node: '20.20.2',
      koffi: '3.3.4',
      liburing: 'liburing.so.2.3',
      fio: null,
      ringFlags: [],
      kernel: 'Linux 6.18',
      cpu: 'CPU',
      cpus: 2,
      memoryBytes: 2 ** 34,
      virtualisation: null,
      governor: null,
      hugePages: 'madvise',
      loadAverage: 0,
      dir: '/data',
      fileSystem: 'ext4',
      mountOptions: 'rw',
      device: { name: 'vda' },
    },
    cases,
    warnings: [{ kind: 'cold-was-warm', case: 'whole-files', residentBytes: 4096, bytes: 8192 }],
    interrupted: false,
  };
}

describe('renderBench()', () => {
  test('shows the machine, a table for each case, a legend, and every warning with the next action', () => {
    const text = renderBench(result([entry('uring', 2 ** 31), entry('sync', null)]), false);
    expect(text).toBe(`2 × CPU, 16.0 GiB
Linux 6.18, ext4 on vda, Node 20.20.2, 2026-11-21

whole-files · cold · O_DIRECT (uring) · depth 16 · 1,000 files, 250 MiB
engine  files/s   MiB/s     p50      p99  CPU s/GiB  queue  runs
uring    8.19 k  2048.0  250 µs  1.25 ms       0.50   12.3     2
sync          –       –       –        –          –      –   1/2

engine   bound  CPUs  dev MiB/s  reads/s  latency  busy  cached
uring   device  0.50     1907.3      8 k     1 ms  99 %     0 B

p50, p99   from submission to the bytes: half, 99 % took no longer
CPU s/GiB  processor time of the reading process, per GiB
queue      requests that the device had in hand, on average (iostat: aqu-sz)
runs       counted runs; 2/3 means that two of three were valid
bound      the limit: application (submits too little), device or cpu
CPUs       processors that the reading process kept busy
device     MiB/s and reads/s of the device; latency: its time for a read;
           busy: the share of time with work
cached     bytes of the files in the page cache before a run, at most

warning: whole-files: a cold run found 4.00 KiB of 8.00 KiB in the page cache
  and was not counted; stop other readers of these files, or copy the files
  elsewhere
`);
  });

  test('shows a sweep as one table with a column of depths, and a chart', () => {
    const cases = [entry('uring', 2 ** 30, 1), entry('sync', 2 ** 29, 1), entry('uring', 2 ** 31, 8)];
    const text = renderBench(result(cases), false);
    expect(text).toContain(`whole-files · cold · O_DIRECT (uring) · 1,000 files, 250 MiB
engine  depth  files/s   MiB/s     p50      p99  CPU s/GiB  queue  runs
uring       1    4.1 k  1024.0  250 µs  1.25 ms       0.50   12.3     2
uring       8   8.19 k  2048.0  250 µs  1.25 ms       0.50   12.3     2
sync        1   2.05 k   512.0  250 µs  1.25 ms       0.50   12.3     2

sync reads one at a time, so it was measured at depth 1 only
`);
    expect(text.match(/^engine .*runs$/gm)).toHaveLength(1);
    // A letter for each engine; sync is a level.
    expect(text).toContain(`whole-files · cold: throughput against depth
MiB/s   a uring   b sync
     2048 ┤                              a
`);
    expect(text).toContain('      512 ┤b                             b\n');
    for (const line of text.split('\n').slice(0, -2)) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('draws the runs from six on, and colours only what is to be coloured', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    const escapes = /\u001b\[\d+m/g;
    const cases = [entry('uring', 2 ** 31), entry('sync', 2 ** 30)];
    expect(renderBench(result(cases), false)).not.toMatch(escapes);
    expect(renderBench(result(cases), false)).not.toContain('throughput of each run');
    const many = cases.map((each) => ({ ...each, runs: Array(6).fill(each.runs[0]) }));
    expect(renderBench(result(many), false)).toContain('throughput of each run');
    const colored = renderBench(result(many), true);
    expect(colored).toMatch(escapes);
    expect(colored.replace(escapes, '')).toContain('throughput of each run');
  });
});
