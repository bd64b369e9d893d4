import { describe, expect, test } from 'vitest';
import type { StatsDocument } from './stats-document.js';
import { renderStats, sparkline } from './stats-text.js';

function documentOf(changes: Partial<StatsDocument>): StatsDocument {
  const counts = { chunks: 1, chunksMissing: 0, chunksFailed: 0, bytesRead: 4, bytesDecoded: 2 ** 30 };
  const speed = { wallNs: 5e8, bytesPerSecond: 2147483648, minutesPerTerabyte: 7.76, boundBy: 'cpu' as const };
  const run = { exact: false, workers: 1, decoder: 'none', engine: 'uring' };
  const results = { schema: 'lsio.stats/1' as const, source: 's', array: 'a', results: {}, dims: [], coords: {} };
  return { ...results, ...counts, ...speed, ...run, ...changes };
}

describe('renderStats()', () => {
  test('scalars, one a line, and the speed', () => {
    expect(
      renderStats(documentOf({ results: { mean: 1.23456789, count: 12, std: null, sum: '9007199254740993' } })),
    ).toBe(`s a
  mean   1.234568
  count  12
  std    -
  sum    9007199254740993
1.00 GiB in 0.50 s: 2.15 GB/s, 7.8 min/TB, bound by cpu
`);
  });

  test('a table of one axis, sparklines of a long one', () => {
    const table = renderStats(
      documentOf({ dims: ['month'], coords: { month: [1, 12] }, results: { mean: [1, 2.5], count: [3, 4] } }),
    );
    expect(table.split('\n').slice(0, 4)).toEqual([
      's a by month',
      '  month  mean  count',
      '  1         1      3',
      '  12      2.5      4',
    ]);
    const values = Array.from({ length: 50 }, (_, i) => i);
    const long = renderStats(documentOf({ dims: ['x'], coords: { x: values }, results: { max: values } }));
    expect(long.split('\n')[1]).toBe('  max  0 … 49');
    expect(long.split('\n')[2]).toMatch(/^ {2}▁+▂+▃+▄+▅+▆+▇+█+$/);
  });

  test('maps: the north at the top, in shades or in half blocks of colour; missing cells are blank', () => {
    const map = documentOf({
      dims: ['lat', 'x'],
      coords: { lat: [-10, 0, 10], x: [0, 1] },
      results: {
        mean: [
          [0, 1],
          [2, 3],
          [4, null],
        ],
      },
    });
    expect(renderStats(map).split('\n').slice(1, 6)).toEqual(['mean', '  █ ', '  ▒▓', '   ░', '  0 … 4']);
    const colors = Uint8Array.of(0, 0, 0, 128, 128, 128, 255, 255, 255);
    const [, , first, second] = renderStats(map, colors).split('\n');
    const esc = '\u001b';
    expect(first).toBe(
      `  ${esc}[0m${esc}[38;2;255;255;255m${esc}[48;2;128;128;128m▀${esc}[0m${esc}[38;2;255;255;255m▄${esc}[0m`,
    );
    expect(second).toBe(`  ${esc}[0m${esc}[38;2;0;0;0m▀${esc}[0m${esc}[38;2;128;128;128m▀${esc}[0m`);
  });

  test('missing and failed chunks are told', () => {
    const text = renderStats(documentOf({ results: { mean: 1 }, chunksMissing: 2, chunksFailed: 1 }));
    expect(text).toContain('2 chunks are not stored: they are the fill value\n1 chunks failed and were left out\n');
  });
});

test('sparkline() draws means of neighbours, gaps where there are none', () => {
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
  expect(sparkline([1, Number.NaN, 1], 3)).toBe('▅ ▅');
});
