import { deflateSync } from 'node:zlib';
import { crc32 } from '../codec/crc.js';
import { LsioError } from '../errors.js';
import { COLOR_MAP_DEFAULT, colorMap } from './colors.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of colour type 3, every pixel is the number of a colour: one for missing values is left. */
const COLORS = 255;
const MISSING = 255;
const COLOR_TYPE_PALETTE = 3;
const BIT_DEPTH = 8;
/** Larger images open in few programs. */
const SIDE_MAX = 65_535;

export interface PngOptions {
  /** A name of {@link colorMap}; default viridis. */
  readonly colors?: string;
  /** The values of the first and the last colour; default: the least and the greatest value. */
  readonly range?: readonly [low: number, high: number];
  /** Draws the last row on top: of a field whose rows go from south to north. */
  readonly lastRowOnTop?: boolean;
}

/**
 * An image of a 2-D array, a pixel an element: the first row on top, values outside of the range in its first or last
 * colour, NaN transparent.
 *
 * @param shape rows and columns.
 * @param values in row-major order.
 * @throws {LsioError} `usage` for another number of dimensions, an image too large, an unknown colour map, a wrong range.
 */
export function pngImage(
  shape: readonly number[],
  values: ArrayLike<number>,
  { colors = COLOR_MAP_DEFAULT, range = rangeOf(values), lastRowOnTop = false }: PngOptions = {},
): Uint8Array {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new LsioError('usage', `an image has 2 dimensions, this has ${shape.length}`, {
      remedy: 'select one index of the others: --isel time=0',
    });
  }
  if (Math.min(rows, columns) === 0 || Math.max(rows, columns) > SIDE_MAX) {
    throw new LsioError('usage', `an image of ${columns} × ${rows} pixels: 1 to ${SIDE_MAX} on each side`);
  }
  const [low, high] = range;
  if (!(low <= high)) throw new LsioError('usage', `the range ${low}:${high} goes from high to low`);
  const palette = colorMap(colors, COLORS);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.set([BIT_DEPTH, COLOR_TYPE_PALETTE, 0, 0, 0], 8);
  const opacity = new Uint8Array(COLORS + 1).fill(255);
  opacity[MISSING] = 0;
  return Buffer.concat([
    Uint8Array.from(SIGNATURE),
    pngChunk('IHDR', header),
    pngChunk('PLTE', Buffer.concat([palette, new Uint8Array(3)])),
    pngChunk('tRNS', opacity),
    pngChunk('IDAT', deflateSync(pixelRows(rows, columns, values, low, high, lastRowOnTop))),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/** The least and the greatest value that is a number; 0 and 1 if there is none. */
function rangeOf(values: ArrayLike<number>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Before every row stands the number of its filter: 0, as colours of a palette don't come in differences. */
function pixelRows(
  rows: number,
  columns: number,
  values: ArrayLike<number>,
  low: number,
  high: number,
  lastRowOnTop: boolean,
): Uint8Array {
  const pixels = new Uint8Array(rows * (columns + 1));
  const span = high - low;
  for (let row = 0; row < rows; row++) {
    const from = (lastRowOnTop ? rows - 1 - row : row) * columns;
    const to = row * (columns + 1) + 1;
    for (let column = 0; column < columns; column++) {
      const value = values[from + column]!;
      const at = span === 0 ? (value < low ? 0 : value > low ? 1 : 0.5) : (value - low) / span;
      pixels[to + column] = Number.isNaN(value) ? MISSING : Math.round(Math.min(Math.max(at, 0), 1) * (COLORS - 1));
    }
  }
  return pixels;
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
