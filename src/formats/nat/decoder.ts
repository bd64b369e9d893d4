import type { Box } from '../../array/grid.js';
import { LsioError } from '../../errors.js';
import type { ChunkDecoder, DecoderSpec } from '../chunked-array.js';
import { isGoodLine, LINE_HEAD_BYTES, unpackLine } from './lines.js';

/** The format's name in a {@link DecoderSpec}. */
export const NATIVE_FORMAT = 'nat';

/** What a decoder must know of its channel: {@link DecoderSpec.parameters}. */
export interface ChannelParameters {
  readonly satellite: number;
  readonly band: number;
  /** Pixels stored in a line. */
  readonly pixels: number;
  /** The value of each count, NaN as null. */
  readonly table: readonly (number | null)[];
}

/** What it must know of a line: its number in the full disk from 1, and the column of its first pixel, from the west. */
export type LineDetail = readonly [number: number, column: number];

/** The pixels of a line are stored from the east, four in five bytes. */
const GROUP_PIXELS = 4;
const GROUP_BYTES = 5;

function recordBytesOf(pixels: number): number {
  return LINE_HEAD_BYTES + Math.ceil(pixels / GROUP_PIXELS) * GROUP_BYTES;
}

/** Pixels in the east that no box takes, in whole groups. @param end the column behind the last pixel */
function eastOf(boxes: readonly Box[], end: number): number {
  const last = boxes.map(({ source, step, count }) => source[1]! + Math.max(0, step[1]! * (count[1]! - 1)));
  return Math.floor(Math.max(0, end - 1 - Math.max(...last)) / GROUP_PIXELS) * GROUP_PIXELS;
}

/**
 * Decodes chunks that are a line record, or its beginning. A line that is missing, marked bad or another one becomes NaN, as
 * do pixels that are not there.
 */
export function openNativeDecoder({ chunkShape, parameters }: DecoderSpec): ChunkDecoder {
  const { satellite, band, pixels, table } = parameters as unknown as ChannelParameters;
  const values = Float32Array.from(table, (value) => value ?? Number.NaN);
  const columns = chunkShape.at(-1)!;
  const recordBytes = recordBytesOf(pixels);
  const stored = new Float32Array(pixels);
  const line = new Float32Array(columns);
  return {
    isRaw: false,
    decoder: 'none',
    libraries: [],
    decode(source, target, detail, boxes) {
      const groups = (source.length - LINE_HEAD_BYTES) / GROUP_BYTES;
      if (groups < 0 || !Number.isInteger(groups) || source.length > recordBytes) {
        throw new LsioError('format', `a line record of ${source.length} bytes, expected ${recordBytes}`);
      }
      const [number, column] = detail as unknown as LineDetail;
      line.fill(Number.NaN);
      if (isGoodLine(source, { satellite, band, number })) {
        const known = Math.min(pixels, groups * GROUP_PIXELS);
        const skip = Math.min(known - (known % GROUP_PIXELS), boxes === undefined ? 0 : eastOf(boxes, column + pixels));
        unpackLine(source, values, known, stored.subarray(pixels - known), skip);
        stored.fill(Number.NaN, 0, pixels - known);
        stored.fill(Number.NaN, pixels - skip);
        line.set(stored.subarray(0, columns - column), column);
      }
      target.set(new Uint8Array(line.buffer));
    },
    prefixBytes(boxes, detail) {
      const [, column] = detail as unknown as LineDetail;
      const west = boxes.map(({ source, step, count }) => {
        return source[1]! + Math.min(0, step[1]! * (count[1]! - 1));
      });
      return recordBytesOf(Math.max(0, pixels - Math.max(0, Math.min(...west) - column)));
    },
    decodeItems() {
      throw new TypeError('the elements of a line do not vary in length');
    },
  };
}
