import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { colorMap } from './colors.js';
import { pngImage } from './png.js';

const READ = `
import sys, io, json
from PIL import Image
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
image.load()
print(json.dumps({'size': image.size, 'pixels': list(image.convert('RGBA').getdata())}))
`;

interface Read {
  readonly size: [columns: number, rows: number];
  readonly pixels: [red: number, green: number, blue: number, opacity: number][];
}

/** Another program's view of the image; undefined where it isn't there. */
function readByPil(image: Uint8Array): Read | undefined {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', READ], { input: image, maxBuffer: 2 ** 26 });
  if (status === 0) return JSON.parse(stdout.toString());
  const why = stderr?.toString().trim().split('\n').at(-1) ?? 'no python3';
  // A damaged image must fail the test, not skip it.
  if (!why.includes('ModuleNotFoundError') && stderr !== null) throw new Error(why);
  process.stderr.write(`skipped: no PIL to read the image (apt-get install python3-pil): ${why}\n`);
  return undefined;
}

function color(name: string, at: number): number[] {
  return [...colorMap(name, 255).subarray(at * 3, at * 3 + 3), 255];
}

describe('pngImage()', () => {
  test('draws the least value in the first colour, the greatest in the last, and nothing where there is no value', () => {
    const image = pngImage([2, 3], [10, 20, 30, Number.NaN, 25, 10]);
    const read = readByPil(image);
    if (read === undefined) return;
    expect(read.size).toEqual([3, 2]);
    expect(read.pixels[3]![3]).toBe(0);
    const drawn = read.pixels.filter((_, i) => i !== 3);
    expect(drawn).toEqual([0, 127, 254, 191, 0].map((at) => color('viridis', at)));
    expect(color('viridis', 0)).toEqual([0x44, 0x01, 0x54, 255]);
    expect(color('viridis', 254)).toEqual([0xfd, 0xe7, 0x25, 255]);
  });

  test('takes a range and a colour map, and can put the last row on top', () => {
    const values = Float32Array.of(-5, 0, 50, 100, 500, Number.POSITIVE_INFINITY);
    const read = readByPil(pngImage([3, 2], values, { range: [0, 100], colors: 'gray_r', lastRowOnTop: true }));
    if (read === undefined) return;
    expect(read.size).toEqual([2, 3]);
    expect(read.pixels).toEqual([254, 254, 127, 254, 0, 0].map((at) => color('gray_r', at)));
  });

  test('draws a large image pixel by pixel', () => {
    const values = Float64Array.from({ length: 130 * 270 }, (_, i) => (i * 7) % 251);
    const read = readByPil(pngImage([130, 270], values, { colors: 'turbo' }));
    if (read === undefined) return;
    const colors = colorMap('turbo', 255);
    const expected = Buffer.alloc(values.length * 4, 255);
    for (const [i, value] of values.entries()) {
      const at = Math.round((value / 250) * 254) * 3;
      expected.set(colors.subarray(at, at + 3), i * 4);
    }
    expect(Buffer.compare(Buffer.from(read.pixels.flat()), expected)).toBe(0);
  });

  test.each([
    [[4], 'an image has 2 dimensions, this has 1'],
    [[2, 2, 1], 'an image has 2 dimensions, this has 3'],
    [[0, 4], 'an image of 4 × 0 pixels: 1 to 65535 on each side'],
    [[1, 70_000], 'an image of 70000 × 1 pixels: 1 to 65535 on each side'],
  ])('refuses shape %j', (shape, message) => {
    expect(() => pngImage(shape, [])).toThrow(expect.objectContaining({ kind: 'usage', message }));
  });

  test('refuses a range from high to low, and colours that nobody knows', () => {
    expect(() => pngImage([1, 1], [1], { range: [2, 1] })).toThrow('the range 2:1 goes from high to low');
    expect(() => pngImage([1, 1], [1], { colors: 'rainbows' })).toThrow(
      expect.objectContaining({ kind: 'usage', remedy: expect.stringMatching(/cividis.*gray.*viridis/) }),
    );
  });

  test('a field of one value, or of none, is an image too', () => {
    for (const values of [
      [7, 7],
      [Number.NaN, Number.NaN],
    ]) {
      const read = readByPil(pngImage([1, 2], values));
      if (read !== undefined) expect(read.pixels[0]![3]).toBe(Number.isNaN(values[0]) ? 0 : 255);
    }
  });
});
