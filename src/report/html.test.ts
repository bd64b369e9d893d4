import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../bench/result.js';
import { benchHtml, compareHtml } from './html.js';
import { depthAxis, latencyAxis, linearAxis, ninesAxis, rateAxis, ratioAxis } from './html-axis.js';
import { benchResult, compareResult } from './result.testing.js';

const NAME = '<b>|"x</style><script>alert(1)</script>';
const VOID = new Set(['meta', 'link', 'br']);

/** Throws for an element that isn't closed, or closed where another is open. */
function expectWellFormed(html: string): void {
  const open: string[] = [];
  for (const [, end, name = '', attributes = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else if (!VOID.has(name) && !attributes.endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
}

function expectSound(html: string): void {
  expectWellFormed(html);
  expect(html).not.toMatch(/null|NaN|undefined|Infinity/);
  expect(html).not.toMatch(/<script|<b>|<link|<img|https?:|url\(|@import/);
  const drawings = [...html.matchAll(/<svg [^>]*role="img">\s*(<title>)?/g)];
  expect(drawings.length).toBeGreaterThan(0);
  for (const [, title] of drawings) expect(title).toBe('<title>');
}

function titles(html: string, name: 'h2' | 'h3'): string[] {
  return [...html.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'g'))].map(([, title]) => title!);
}

function only(result: BenchResult, keep: (entry: BenchResult['cases'][number]) => boolean): BenchResult {
  return { ...result, cases: result.cases.filter(keep) };
}

describe('benchHtml()', () => {
  test('is sound whatever the directory is called', () => {
    const html = benchHtml(benchResult(NAME));
    expectSound(html);
    expect(html).toContain('<dd>&lt;b&gt;|&quot;x&lt;/style&gt;&lt;script&gt;');
    expect(html.match(/<\/style>/g)).toHaveLength(1);
  });

  test('has a section for each case and state, and charts for what was measured', () => {
    const html = benchHtml(benchResult());
    expect(titles(html, 'h2')).toEqual(['whole-files · cold', 'whole-files · warm', 'big-random · cold', 'Warnings']);
    const device = ['Device queue over time', 'Device throughput over time'];
    expect(titles(html, 'h3')).toEqual([
      ...['Throughput', 'Throughput against depth', 'Latency', ...device],
      ...['Throughput', 'Latency'],
      ...['Throughput', 'Latency', ...device],
    ]);
  });

  test('has a row of figures and the evidence for each result', () => {
    const result = benchResult();
    const html = benchHtml(result);
    const figures = html.replaceAll(/<details>.*?<\/details>/gs, '');
    const rows = [...figures.matchAll(/<tr><th scope="row" class="left">(\w+)<\/th><td>(\d+)<\/td>/g)];
    expect(rows.map(([, engine, depth]) => [engine, Number(depth)])).toEqual(
      result.cases.map((entry) => [entry.engine, entry.queueDepth]),
    );
    expect(html).toContain('28.8 of 32 reads in hand');
    expect(html).toContain('no valid run');
    expect(html).toContain('1.00 MiB of 1.00 GiB');
  });

  test('draws bars as long as their throughput, at the best depth', () => {
    const html = benchHtml(only(benchResult(), (entry) => entry.cache === 'warm'));
    const widths = [...html.matchAll(/<rect class="f\d" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).toHaveLength(4);
    for (const [index, rate] of [7.1, 3.5, 3.9, 4.2].entries()) {
      expect(widths[index]! / widths[0]!).toBeCloseTo(rate / 7.1, 2);
    }
    const swept = benchHtml(only(benchResult(), (entry) => entry.engine === 'uring' && entry.cache === 'cold'));
    expect(swept).toContain('>depth 32</text>');
  });

  test('tells results of one engine apart by colour', () => {
    const result = only(benchResult(), (entry) => entry.cache === 'warm' && entry.engine === 'uring');
    const html = benchHtml({ ...result, cases: [1, 2, 4].map((rings) => ({ ...result.cases[0]!, rings })) });
    for (const color of [0, 1, 2]) expect(html).toContain(`<rect class="f${color}"`);
    expect(html).toContain('>4 rings</text>');
  });

  test('stands without latencies, device, valid runs or cases', () => {
    const result = benchResult();
    const bare = result.cases.map((entry) => ({
      ...entry,
      ...{ bytesPerSecond: null, bytesPerSecondLow: null, bytesPerSecondHigh: null, operationsPerSecond: null },
      ...{ latencyShares: [], deviceOverTime: [], device: null, bound: null, runs: [] },
    }));
    expectSound(benchHtml({ ...result, cases: bare }));
    expectWellFormed(benchHtml({ ...result, cases: [], warnings: [] }));
  });
});

describe('compareHtml()', () => {
  test('is sound whatever the directory is called', () => {
    expectSound(compareHtml(compareResult(NAME)));
  });

  test('has a dot for each ratio in the order of the ratios, verdicts, commands and caveats', () => {
    const { comparisons } = compareResult();
    const html = compareHtml(compareResult());
    const dots = [...html.matchAll(/<circle class="dot[^"]*" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    const order = (values: readonly number[]) =>
      values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
    expect(order(dots)).toEqual(order(comparisons.map((entry) => entry.ratio)));
    for (const { verdict, fio, lsio, asymmetries: caveats } of comparisons) {
      expect(html).toContain(`<span class="badge v-${verdict}">${verdict}</span>`);
      expect(html).toContain(`${lsio.commandLine}\n${fio.commandLine}`.replaceAll("'", '&#39;'));
      for (const text of caveats) expect(html).toContain(text.replace(/=33$/, '=68'));
    }
    expect(html).toContain('lsio compare-fio --runs 6');
    expect(html).toContain('<pre>[whole-files]\nioengine=io_uring</pre>');
    expect(html).toContain('class="interrupted"');
  });

  test('calls the other side of an A/A check lsio', () => {
    const result = compareResult();
    const comparisons = result.comparisons.map((entry) => ({ ...entry, baseline: 'self' as const }));
    const html = compareHtml({ ...result, comparisons });
    expect(html).toContain('← lsio again is faster');
    expect(html).not.toContain('← fio is faster');
  });
});

describe('axes', () => {
  test('linearAxis() ends at a round number at or above the largest value', () => {
    expect(linearAxis({ max: 31, label: '' }).ticks.map((tick) => tick.text)).toEqual(['0', '10', '20', '30', '40']);
    for (const max of [0, 1e-3, 0.9, 1, 7.1, 64, 99.9, 1e6]) {
      const { ticks, place } = linearAxis({ max, label: '' });
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(place(max)).toBeLessThanOrEqual(1 + 1e-9);
      expect(place(ticks.at(-1)!.value)).toBeCloseTo(1);
    }
  });

  test('rateAxis() takes the binary unit of the largest', () => {
    const axis = rateAxis(2 * 2 ** 30);
    expect(axis.label).toBe('GiB/s');
    expect(axis.ticks.map((tick) => tick.text)).toEqual(['0.0', '0.5', '1.0', '1.5', '2.0']);
  });

  test('latencyAxis() marks round latencies within its ends', () => {
    const axis = latencyAxis(15_000, 900_000);
    expect(axis.ticks.map((tick) => tick.text)).toEqual(['20 µs', '50 µs', '100 µs', '200 µs', '500 µs']);
    expect([axis.place(15_000), axis.place(900_000)]).toEqual([0, 1]);
    expect(latencyAxis(5, 5).place(5)).toBe(0);
  });

  test('ninesAxis() gives each nine the same room', () => {
    const { place, ticks } = ninesAxis(4);
    expect(ticks.map((tick) => tick.text)).toEqual(['0 %', 'p50', 'p90', 'p99', 'p99.9', 'p99.99']);
    expect(place(0.999) - place(0.99)).toBeCloseTo(place(0.99) - place(0.9));
    expect(place(1)).toBe(1);
  });

  test('depthAxis() and ratioAxis() leave out marks that would touch', () => {
    expect(depthAxis([1, 2, 255, 256]).ticks.map((tick) => tick.value)).toEqual([1, 2, 255]);
    expect(depthAxis([8]).place(8)).toBeCloseTo(0.04);
    for (const ratios of [
      [0.99, 1.01],
      [0.02, 30],
      [0, 1],
      [1.5, 1.7],
    ]) {
      const { ticks, place } = ratioAxis(ratios);
      expect(ticks.some((tick) => tick.value === 1)).toBe(true);
      const places = ticks.map((tick) => place(tick.value)).sort((a, b) => a - b);
      for (let at = 1; at < places.length; at += 1) expect(places[at]! - places[at - 1]!).toBeGreaterThan(0.089);
    }
  });
});
