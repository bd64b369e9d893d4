import { describe, expect, test } from 'vitest';
import { parsePoint, parsePoints } from './series-points.js';

const plain = (points: ReturnType<typeof parsePoints>) =>
  points.map(({ name, labels }) => [name, Object.fromEntries(labels)]);

describe('parsePoints()', () => {
  test('reads names and labels, quotation marks, a byte order mark and carriage returns', () => {
    const text = '\ufeffpoint,lat,lon\r\n"A, ""b""",1.5,-2\r\n\r\nC,3,4';
    expect(plain(parsePoints('p.csv', text))).toEqual([
      ['A, "b"', { lat: '1.5', lon: '-2' }],
      ['C', { lat: '3', lon: '4' }],
    ]);
    expect(plain(parsePoints('p.csv', 'lat,lon\n1,2\n'))).toEqual([['lat=1,lon=2', { lat: '1', lon: '2' }]]);
  });

  test.each([
    ['', /line 1/],
    ['point\nA', /line 1/],
    ['lat,lat\n1,2', /line 1/],
    ['lat,lon\n1', /line 2: 1 values for 2 columns/],
    ['lat,lon\n1,2\n3,', /line 3: 1 values for 2 columns/],
    ['lat,lon\n', /no point/],
  ])('refuses %j, naming the line', (text, message) => {
    expect(() => parsePoints('p.csv', text)).toThrow(message);
  });
});

test.each(['lat', 'lat=', '=5', 'lat=1,lat=2'])('parsePoint() refuses %j', (text) => {
  expect(() => parsePoint(text)).toThrow(/--at/);
});
