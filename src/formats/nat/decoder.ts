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

/** Decodes chunks that are a line record. A line that is missing, marked bad or another one becomes NaN. */
export function openNativeDecoder({ chunkShape, parameters }: DecoderSpec): ChunkDecoder {
  const { satellite, band, pixels, table } = parameters as unknown as ChannelParameters;
  const values = Float32Array.from(table, (value) => value ?? Number.NaN);
  const columns = chunkShape.at(-1)!;
  const stored = new Float32Array(pixels);
  const line = new Float32Array(columns);
  return {
    isRaw: false,
    decoder: 'none',
    libraries: [],
    decode(source, target, detail) {
      const recordBytes = LINE_HEAD_BYTES + Math.ceil(pixels / 4) * 5;
      if (source.length !== recordBytes) {
        throw new LsioError('format', `a line record of ${source.length} bytes, expected ${recordBytes}`);
      }
      const [number, column] = detail as unknown as LineDetail;
      line.fill(Number.NaN);
      if (isGoodLine(source, { satellite, band, number })) {
        unpackLine(source, values, pixels, stored);
        line.set(stored.subarray(0, columns - column), column);
      }
      target.set(new Uint8Array(line.buffer));
    },
    decodeItems() {
      throw new TypeError('the elements of a line do not vary in length');
    },
  };
}
