import type { JsonObject } from '../../array/exact-json.js';
import { labelArray, type ReferenceArray, type ReferenceChunk, type ReferenceGroup } from '../reference-group.js';
import { UNITS } from './calibrate.js';
import { type Frame, frameOf, type NativeFile } from './frame.js';
import { geostationary } from './geostationary.js';
import { BANDS, HRV } from './header.js';
import { LINE_HEAD_BYTES, recordExtent } from './lines.js';

/** Bits a count. */
const BITS = 10;
const METRES = { units: 'm' };

/**
 * An image as references: a chunk is the pixels of a line, four counts in five bytes, which the codec
 * `imagecodecs_packints` unpacks. Lines run from the south and pixels from the east, as they are stored. Count 0 is no
 * data. What a line says of its quality only lsio sees.
 */
export function nativeReferences(
  file: NativeFile,
  attributes: JsonObject,
  isWanted: (array: string) => boolean,
): ReferenceGroup {
  const arrays = new Map<string, ReferenceArray>();
  for (const band of file.header.bands.filter((number) => isWanted(BANDS[number]!))) {
    const frame = frameOf(file, band);
    const projection = geostationary(file.header, band === HRV);
    const start = eastOf(frame);
    const prefix = band === HRV ? 'hrv_' : '';
    const dims = [`${prefix}y`, `${prefix}${start === undefined ? 'pixel' : 'x'}`] as const;
    const one = bandArray(file, band, frame, dims);
    arrays.set(one.name, one);
    const ys = Float64Array.from({ length: frame.rows }, (_, line) => projection.y(frame.south + line));
    arrays.set(dims[0], labelArray(dims[0], '<f8', ys, METRES));
    if (start === undefined) continue;
    const xs = Float64Array.from({ length: storedPixels(frame) }, (_, i) => projection.x(start + i));
    arrays.set(dims[1], labelArray(dims[1], '<f8', xs, METRES));
  }
  return {
    format: 'nat',
    files: [{ source: 0, key: file.key }],
    attributes,
    arrays: [...arrays.values()],
    others: [],
    notes: [
      'other readers need the codec "imagecodecs_packints" of imagecodecs, and get radiances, lines from the south',
      'lines that are marked as bad are seen as missing by lsio only',
    ],
  };
}

/** Pixels are padded to whole groups of four, in the west. */
function storedPixels({ pixels }: Frame): number {
  return Math.ceil(pixels / 4) * 4;
}

/** The column of the first stored pixel; undefined where it differs between lines: HRV of a full disk. */
function eastOf({ rows, pixels, south, west, columnOf }: Frame): number | undefined {
  const first = columnOf(south);
  for (let line = 1; line < rows; line++) if (columnOf(south + line) !== first) return undefined;
  return west - first - pixels + 1;
}

function bandArray(
  { header, layout, size, key }: NativeFile,
  band: number,
  frame: Frame,
  dims: readonly string[],
): ReferenceArray {
  const pixels = storedPixels(frame);
  function* chunks(): Generator<ReferenceChunk> {
    for (let line = 0; line < frame.rows; line++) {
      const record = recordExtent(layout, band, line);
      if (record.offset + record.length > size) continue;
      const range = { offset: record.offset + LINE_HEAD_BYTES, length: (pixels * BITS) / 8 };
      yield { place: [line, 0], at: { source: 0, key, range, required: true } };
    }
  }
  return {
    name: BANDS[band]!,
    shape: [frame.rows, pixels],
    chunkShape: [1, pixels],
    dims,
    dtype: '<u2',
    fillValue: 0,
    filters: [{ id: 'imagecodecs_packints', dtype: '<u2', bitspersample: BITS }],
    attributes: {
      long_name: 'radiance',
      units: UNITS.radiance,
      scale_factor: header.slopes[band]!,
      add_offset: header.offsets[band]!,
    },
    chunks: { [Symbol.iterator]: chunks },
  };
}
