import { describe, expect, test } from 'vitest';
import { kneeOf, recommendationsOf } from '../bench/knee.js';
import type { TuneResult } from '../bench/tune.js';
import type { TunePoint } from '../bench/tune-point.js';
import { renderTune } from './tune.js';
import { tuneCsv, tuneHtml, tuneMarkdown } from './tune-exports.js';

function point(rings: number, queueDepth: number, figures: readonly [number, number] | null): TunePoint {
  const [rate, latencyNsP99] = figures ?? [null, null];
  return {
    blockBytes: 4096,
    rings,
    queueDepth,
    operations: 1000,
    bytes: 4_096_000,
    passes: 1,
    runs: [],
    operationsPerSecond: rate,
    operationsPerSecondLow: rate,
    operationsPerSecondHigh: rate,
    bytesPerSecond: rate === null ? null : rate * 4096,
    latencyNsP50: latencyNsP99 === null ? null : latencyNsP99 / 2,
    latencyNsP99,
    cpuNsPerOperation: rate === null ? null : 2_500,
    knee: false,
  };
}

function result(points: TunePoint[], more: Partial<TuneResult> = {}): TuneResult {
  const knees = [1, 2].map((rings) => kneeOf(points.filter((entry) => entry.rings === rings)));
  return {
    schema: 'lsio.tune/1',
    environment: {
      date: '2026-11-21T00:00:00.000Z',
      lsio: '0.1.0',
      node: '20.20.2',
      koffi: null,
      liburing: null,
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
    case: 'big-random',
    cache: 'cold',
    direct: true,
    engine: 'uring',
    engineReason: 'asked for',
    points: points.map((entry) => ({ ...entry, knee: knees.includes(entry) })),
    recommendations: recommendationsOf(points),
    warnings: [],
    interrupted: false,
    ...more,
  };
}

const POINTS = [
  point(1, 1, [10_000, 120_000]),
  point(1, 8, [60_000, 200_000]),
  point(1, 64, [115_000, 800_000]),
  point(1, 256, [118_000, 3_200_000]),
  point(2, 1, [19_000, 130_000]),
  point(2, 64, [117_000, 1_600_000]),
];

describe('renderTune()', () => {
  test('shows a table with the knees, a chart, and what to take', () => {
    expect(renderTune(result(POINTS), false)).toBe(`2 × CPU, 16.0 GiB
Linux 6.18, ext4 on vda, Node 20.20.2, 2026-11-21

big-random · cold · O_DIRECT · uring
block  rings  depth  reads/s  MiB/s     p50     p99  CPU µs/op
4 KiB      1      1     10 k   39.1   60 µs  120 µs       2.50
4 KiB      1      8     60 k  234.4  100 µs  200 µs       2.50
4 KiB      1     64    115 k  449.2  400 µs  800 µs       2.50  ◀ take
4 KiB      1    256    118 k  460.9  1.6 ms  3.2 ms       2.50
4 KiB      2      1     19 k   74.2   65 µs  130 µs       2.50
4 KiB      2     64    117 k  457.0  800 µs  1.6 ms       2.50  ◀ rising

knee: the smallest depth within 5 % of the best throughput; a deeper queue
  mostly adds latency. take: recommended. rising: the largest depth tried, and
  still over 5 % faster than the one before.

4 KiB reads, 1 ring: reads/s by p99 latency; the figures are depths
   118 k ┤                                   [64]                      256
         │
         │
         │
         │          8
         │
         │
         │
         │1
       0 ┤
         └────────────────────────────────────────────────────────────────
          120 µs                                                    3.2 ms

For 4 KiB reads take --queue-depth 64 --rings 1: 115 k reads/s, 97 % of the
  best (depth 256, 1 ring), p99 800 µs instead of 3.2 ms
`);
  });

  test('keeps tables and charts within 80 columns, whatever the figures', () => {
    const points = [1, 2, 4, 8, 16, 1024, 16_384].map((depth) => point(2, depth, [1_234_567 / depth, 987_654 / depth]));
    const wide = points.map((entry) => ({ ...entry, blockBytes: 256 * 1024 }));
    const lines = renderTune(result(wide), false).split('\n');
    const shown = lines.filter((line) => !line.startsWith('For '));
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('says so when the best is what to take', () => {
    expect(renderTune(result([point(1, 1, [10, 1e6]), point(1, 2, [20, 2e6])]), false)).toContain(
      'For 4 KiB reads take --queue-depth 2 --rings 1: 20 reads/s, the best of all,\n  p99 2 ms. Still rising at the largest depth tried: add --queue-depth 2,4\n',
    );
  });

  test('draws each depth once at most, and never one over another', () => {
    const near = [1, 2, 4, 8, 16].map((depth) => point(1, depth, [100_000 - depth, 1_000_000 + depth]));
    const text = renderTune(result([...near, point(1, 32, [50_000, 4_000_000])]), false);
    const chart = text.slice(text.indexOf('depths\n') + 7, text.indexOf('└'));
    const figures = chart.split('\n').flatMap((line) => line.slice(10).match(/\S+/g) ?? []);
    expect(figures).toEqual(expect.arrayContaining(['[1]', '32']));
    expect(new Set(figures).size).toBe(figures.length);
    for (const figure of figures) expect(['[1]', '2', '4', '8', '16', '32']).toContain(figure);
  });

  test('shows what there is of whole files, of points that do not count, and of an interrupted sweep', () => {
    const points = [point(1, 1, null), point(1, 8, [20, 2e6])].map((entry) => ({ ...entry, blockBytes: null }));
    const text = renderTune(result(points, { case: 'whole-files', interrupted: true }), false);
    expect(text).toContain('file       1      1        –      –');
    expect(text).toContain('For whole files take --queue-depth 8 --rings 1: 20 files/s, the best of all,\n  p99 2 ms');
    expect(text).toContain('interrupted: what is here is complete');
    expect(renderTune(result([], { interrupted: true }), false)).toContain('interrupted');
  });
});

describe('exports of a sweep', () => {
  const exported = { ...result(POINTS), commandLine: "lsio tune --files 'a <b>'" };

  test('tuneCsv() has a line a point, by the names of the JSON', () => {
    const [head, ...lines] = tuneCsv(exported).trimEnd().split('\r\n');
    expect(head).toMatch(/^blockBytes,rings,queueDepth,operations,/);
    expect(lines).toHaveLength(POINTS.length);
    expect(lines[2]).toBe('4096,1,64,1000,4096000,1,115000,115000,115000,471040000,400000,800000,2500,true');
  });

  test('tuneMarkdown() has the command, the points with their marks, and what to take', () => {
    const text = tuneMarkdown(exported);
    expect(text).toContain("- **Command**: lsio tune --files 'a \\<b\\>'\n");
    expect(text).toContain('| 1 | 64 | 115 k | 449.2 | 400 µs | 800 µs | 2.5 µs | take |\n');
    expect(text).toContain('| 2 | 64 | 117 k | 457.0 | 800 µs | 1.6 ms | 2.5 µs | rising |\n');
    expect(text).toContain('\n- For 4 KiB reads take --queue-depth 64 --rings 1: 115 k reads/s, 97 % of the best');
    expect(tuneMarkdown({ ...result([]), interrupted: true })).toContain('**interrupted');
  });

  test('tuneHtml() draws a line for each number of rings', () => {
    const html = tuneHtml(exported);
    expect(html).toContain('lsio tune --files &#39;a &lt;b&gt;&#39;');
    expect(html.match(/<path class="line l\d"/g)).toEqual(['<path class="line l0"', '<path class="line l1"']);
    expect(html).toContain('<td class="left">take</td>');
    expect(html).not.toMatch(/NaN|undefined|null/);
    expect(tuneHtml({ ...result([]), interrupted: true })).toContain('class="interrupted"');
  });
});
