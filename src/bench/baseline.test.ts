import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import type { Workload } from '../workload/workload.js';
import {
  changesSince,
  crossings,
  METRICS_OF,
  nothingInCommon,
  type Plan,
  parseBaseline,
  parseCondition,
} from './baseline.js';
import type { BenchResult, CompareResult, RunRecord } from './result.js';

const BENCH = METRICS_OF['lsio.bench/1'];
const COMPARE = METRICS_OF['lsio.compare-fio/1'];

function run(bytesPerSecond: number, valid = true): RunRecord {
  const bytes = 4096 * 100;
  return {
    wallNs: (bytes / bytesPerSecond) * 1e9,
    cpuUserNs: 1000 * 100,
    cpuSystemNs: 0,
    bytes,
    operations: 100,
    reads: null,
    bytesRead: null,
    residentBytesBefore: null,
    deviceBytes: null,
    contextSwitches: null,
    pageFaults: null,
    majorPageFaults: null,
    stealNs: null,
    valid,
  };
}

/** A result with one case: what its conditions and changes are made of. */
function bench(bytesPerSecond: number | null, more: object = {}): BenchResult {
  const runs = [run(bytesPerSecond ?? 1, bytesPerSecond !== null)];
  const entry = {
    ...{ case: 'big-random', cache: 'warm', direct: false, engine: 'uring', queueDepth: 64, rings: 1, order: 'sorted' },
    ...{ files: 1, operations: 100, bytes: 409_600, runs, bytesPerSecond, latencyNsP99: 2e6 },
    operationsPerSecond: bytesPerSecond === null ? null : bytesPerSecond / 4096,
    ...more,
  };
  return { schema: 'lsio.bench/1', environment: {}, cases: [entry], warnings: [], interrupted: false } as never;
}

function compare(ratio: number, [ratioLow, ratioHigh]: [number, number]): CompareResult {
  const lsio = { bytesPerSecond: 1e9, operationsPerSecond: 1e5, cpuNsPerOperation: 1000, runs: [run(1e9)] };
  const entry = {
    ...{ case: 'big-random', cache: 'warm', direct: false, engine: 'uring', queueDepth: 64, rings: 1 },
    ...{ baseline: 'matched', files: 1, operations: 100, bytes: 409_600, lsio, fio: lsio, ratio, ratioLow, ratioHigh },
  };
  return { schema: 'lsio.compare-fio/1', environment: {}, comparisons: [entry], warnings: [] } as never;
}

const WORK = { case: 'big-random', files: [{}], operations: 100, bytes: 409_600 } as unknown as Workload;
const PLAN: Plan = { workloads: [WORK], caches: ['warm'], queueDepths: [undefined], engines: ['uring'] };

function baselineOf(result: BenchResult | CompareResult) {
  return parseBaseline({ name: 'old.json', text: JSON.stringify(result) }, result.schema, PLAN);
}

function usage(problem: () => unknown): string {
  try {
    problem();
  } catch (error) {
    if (isLsioError(error, 'usage')) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseCondition()', () => {
  test.each([
    ['throughput<-10%', { metric: 'throughput', below: true, relative: true, threshold: -0.1 }],
    ['latency-p99 > +20.5%', { metric: 'latency-p99', below: false, relative: true, threshold: 0.205 }],
    ['throughput<1GiB', { metric: 'throughput', below: true, relative: false, threshold: 2 ** 30 }],
    ['throughput<1GB/s', { metric: 'throughput', below: true, relative: false, threshold: 1e9 }],
    ['ops<500000', { metric: 'ops', below: true, relative: false, threshold: 500_000 }],
    ['latency-p99>2ms', { metric: 'latency-p99', below: false, relative: false, threshold: 2e6 }],
  ])('takes %s', (text, condition) => {
    expect(parseCondition(text, BENCH)).toEqual({ text, ...condition });
  });

  test.each(['', 'throughput', 'throughput<', '<1', 'throughput=1', 'speed<1GiB', 'throughput<10%', 'throughput<-%'])(
    'refuses %j, naming it',
    (text) => expect(usage(() => parseCondition(text, BENCH))).toContain(`--fail-if ${JSON.stringify(text)}: `),
  );

  test.each(['ratio<0,9', 'ratio<-1', 'latency-p99>2ms', 'cpu>1GiB', 'ops<1k'])('refuses %j of compare-fio', (text) => {
    expect(usage(() => parseCondition(text, COMPARE))).toContain(`--fail-if ${JSON.stringify(text)}: `);
  });

  test('either takes a text or refuses it as usage, whatever it is', () => {
    const part = fc.oneof(fc.constantFrom(...COMPARE, '<', '>', '%', '+', '-', '1', '0.5', ' ', 'GiB'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const text = parts.join('');
        try {
          const { threshold, metric } = parseCondition(text, COMPARE);
          expect(Number.isFinite(threshold)).toBe(true);
          expect(COMPARE).toContain(metric);
        } catch (error) {
          expect(isLsioError(error, 'usage') && error.message.startsWith('--fail-if ')).toBe(true);
        }
      }),
    );
  });
});

describe('parseBaseline()', () => {
  test.each([
    ['{', 'it is not JSON'],
    ['null', 'it is no JSON object'],
    ['[]', 'its schema is missing'],
    ['{"schema":"lsio.get/1"}', 'its schema is "lsio.get/1", not lsio.bench/1'],
    ['{"schema":"lsio.bench/1","error":{},"exitCode":2}', 'it holds no results'],
    ['{"schema":"lsio.bench/1","cases":[null]}', 'it holds no results'],
    ['{"schema":"lsio.bench/1","cases":[]}', 'no case in common'],
    [JSON.stringify(bench(1, { bytes: 1 })), 'no case in common'],
    [JSON.stringify(bench(1, { cache: 'cold' })), 'no case in common'],
    [JSON.stringify(bench(1, { engine: 'sync' })), 'no case in common'],
  ])('refuses %s', (text, problem) => {
    const message = usage(() => parseBaseline({ name: 'old.json', text }, 'lsio.bench/1', PLAN));
    expect(message).toContain(`--baseline old.json: ${problem}`);
  });

  test('refuses another depth than those that were asked for', () => {
    const text = JSON.stringify(bench(1));
    const plan = { ...PLAN, queueDepths: [8] };
    expect(usage(() => parseBaseline({ name: 'old.json', text }, 'lsio.bench/1', plan))).toContain('no case in common');
    expect(nothingInCommon({ name: 'old.json', entries: [], planned: [] }).message).toContain('no case in common');
  });
});

describe('changesSince()', () => {
  test('gives the change of what both have measured, and of nothing else', () => {
    const changes = changesSince(baselineOf(bench(1e9)), bench(9e8, { latencyNsP99: null }));
    const key = { case: 'big-random', cache: 'warm', engine: 'uring', queueDepth: 64, rings: 1 };
    expect(changes.map(({ metric, ...one }) => [metric, one])).toEqual([
      ['throughput', { ...key, was: 1e9, is: 9e8, change: expect.closeTo(-0.1) }],
      ['ops', { ...key, was: 1e9 / 4096, is: 9e8 / 4096, change: expect.closeTo(-0.1) }],
      ['latency-p99', { ...key, was: 2e6, is: null, change: null }],
    ]);
    expect(changesSince(baselineOf(bench(1e9)), bench(9e8, { direct: true }))).toEqual([]);
  });

  test('takes figures that are no numbers for not measured', () => {
    const baseline = baselineOf(bench(1e9, { bytesPerSecond: 'fast', operationsPerSecond: {}, latencyNsP99: null }));
    expect(changesSince(baseline, bench(9e8)).every(({ was, change }) => was === null && change === null)).toBe(true);
    const broken = baselineOf({
      ...compare(1, [1, 1]),
      comparisons: [{ ...compare(1, [1, 1]).comparisons[0]!, lsio: null }],
    } as never);
    expect(changesSince(broken, compare(1, [1, 1])).find(({ metric }) => metric === 'throughput')?.was).toBe(null);
  });
});

describe('crossings()', () => {
  const positive = fc.double({ min: 1, max: 1e12, noNaN: true });

  test('a change counts exactly when it is beyond the threshold', () => {
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: -99, max: 300 }), fc.boolean(), (was, is, percent, below) => {
        const text = `throughput${below ? '<' : '>'}${percent < 0 ? '' : '+'}${percent}%`;
        const threshold = was * (1 + percent / 100);
        fc.pre(Math.abs(is / threshold - 1) > 1e-9);
        const found = crossings(bench(is), [parseCondition(text, BENCH)], baselineOf(bench(was)));
        expect(found.length).toBe((below ? is < threshold : is > threshold) ? 1 : 0);
        for (const one of found) expect(one).toMatchObject({ failIf: text, was, is, change: is / was - 1 });
      }),
    );
  });

  test('a ratio counts only when its whole interval is across', () => {
    const edge = fc.double({ min: 0.01, max: 2, noNaN: true });
    fc.assert(
      fc.property(edge, edge, edge, (a, b, c) => {
        const [low = 0, ratio = 0, high = 0] = [a, b, c].sort((x, y) => x - y);
        const condition = (text: string) => [parseCondition(text, COMPARE)];
        const result = compare(ratio, [low, high]);
        expect(crossings(result, condition('ratio<0.95'), undefined).length).toBe(high < 0.95 ? 1 : 0);
        expect(crossings(result, condition('ratio>0.95'), undefined).length).toBe(low > 0.95 ? 1 : 0);
      }),
    );
  });

  test('the spread of runs keeps a figure from counting', () => {
    const conditions = [parseCondition('throughput<1GB', BENCH)];
    expect(crossings(bench(9e8, { runs: [run(9e8), run(9e8), run(9e8)] }), conditions, undefined)).toHaveLength(1);
    expect(crossings(bench(9e8, { runs: [run(8e8), run(9e8), run(2e9)] }), conditions, undefined)).toEqual([]);
  });

  test('what has no valid run counts, what the baseline has not got does not', () => {
    const conditions = ['throughput<-10%', 'throughput<1'].map((text) => parseCondition(text, BENCH));
    const found = crossings(bench(null), conditions, baselineOf(bench(1e9)));
    expect(found.map(({ failIf, was, is, change }) => [failIf, was, is, change])).toEqual([
      ['throughput<-10%', 1e9, null, null],
      ['throughput<1', 1e9, null, null],
    ]);
    expect(crossings(bench(1), conditions.slice(0, 1), baselineOf(bench(1e9, { bytesPerSecond: null })))).toEqual([]);
    const gone = crossings({ ...bench(1), cases: [] }, conditions.slice(0, 1), baselineOf(bench(1e9)));
    expect(gone).toMatchObject([{ engine: 'uring', was: 1e9, is: null, threshold: 9e8 }]);
    expect(crossings(bench(1, { rings: 2 }), conditions.slice(0, 1), baselineOf(bench(1e9)))).toEqual([]);
  });
});
