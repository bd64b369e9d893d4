import { plainDType } from '../../array/dtype.js';
import type { ElementValue } from '../../array/elements.js';
import { labelText, readLabels } from '../../compute/labels.js';
import { presenter, unpacked } from '../../compute/present.js';
import { type ArrayData, readArray } from '../../compute/read.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { coordinateOf } from '../../formats/source.js';
import { arrayText, csvText, jsonText, type TextArray } from '../../output/array-text.js';
import { fixedElements, npyHeader } from '../../output/npy.js';
import { type NpzEntry, npzArchive } from '../../output/npz.js';
import type { ReadResult } from './read-result.js';

export const FORMATS = ['npy', 'npz', 'raw', 'csv', 'json', 'text', 'png'] as const;
export type Format = (typeof FORMATS)[number];

/** @throws {LsioError} `usage` where nothing says which format is wanted. */
export function formatOf(output: string | undefined, format: Format | undefined, terminal: boolean): Format {
  if (format !== undefined) return format;
  if (output === undefined) {
    if (terminal) return 'text';
    throw new LsioError('usage', 'stdout is no terminal: say which format', {
      remedy: `--format ${FORMATS.join('|')}, or -o FILE`,
    });
  }
  const extension = /\.([a-z]+)$/.exec(output)?.[1];
  const known = FORMATS.find((one) => one === extension);
  if (known !== undefined) return known;
  throw new LsioError('usage', `${output}: its name says no format that is known`, {
    remedy: `a name with .${FORMATS.join(', .')}, or --format`,
  });
}

/** The content of the output, piece by piece. */
export async function partsOf(format: Format, result: ReadResult): Promise<Iterable<Uint8Array | string>> {
  const { array, data } = result;
  if (format === 'npy') return npyParts(array, data, result.maskAndScale ?? false);
  if (format === 'raw') return rawParts(array, data, result.maskAndScale ?? false);
  if (format === 'npz') return npzArchive(await npzEntries(result));
  if (format === 'png') {
    // The colour maps take a while to load.
    const { imageOf } = await import('./read-image.js');
    return [await imageOf(result)];
  }
  const text = await textArray(result, result.maskAndScale ?? true);
  if (format === 'csv') return csvText(text);
  return format === 'json' ? jsonText(text, array.name) : [arrayText(text)];
}

/** The elements as bytes of a fixed length each. */
function fixedData(array: ChunkedArray, data: ArrayData, maskAndScale: boolean) {
  const values = maskAndScale ? unpacked(array, data) : undefined;
  if (values !== undefined) return { dtype: plainDType('float64'), bytes: new Uint8Array(values.buffer) };
  return data.items === undefined ? data : fixedElements(data.dtype, data.items);
}

function npyParts(array: ChunkedArray, data: ArrayData, maskAndScale: boolean): Uint8Array[] {
  const { dtype, bytes } = fixedData(array, data, maskAndScale);
  return [npyHeader(dtype, data.shape), bytes];
}

function rawParts(array: ChunkedArray, data: ArrayData, maskAndScale: boolean): Uint8Array[] {
  if (data.items === undefined) return [fixedData(array, data, maskAndScale).bytes];
  throw new LsioError('usage', `elements of ${data.dtype.name} vary in length: raw can't hold them`, {
    remedy: 'npy, csv or json',
  });
}

/** The array and the coordinates of its axes, each by its name. */
async function npzEntries({ source, array, selection, data, signal, maskAndScale = false }: ReadResult) {
  const entries: NpzEntry[] = [{ name: lastPart(array.name), npy: npyParts(array, data, maskAndScale) }];
  for (const [axis, dim] of array.dims.entries()) {
    const coordinate = coordinateOf(source.arrays, array.name, dim)?.array;
    if (coordinate === undefined || coordinate.name === array.name || selection[axis]!.drop) continue;
    const labels = await readArray(coordinate, { selection: [selection[axis]!], signal });
    entries.push({ name: dim, npy: npyParts(coordinate, labels, maskAndScale) });
  }
  return entries;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

async function textArray(
  { source, array, selection, data, signal }: ReadResult,
  maskAndScale: boolean,
): Promise<TextArray> {
  const kept = array.dims.flatMap((dim, axis) => (selection[axis]!.drop ? [] : [{ dim, runs: selection[axis]!.runs }]));
  const labels = await Promise.all(
    kept.map(async ({ dim, runs }) => {
      const indexes = runs.flatMap(({ start, step, count }) =>
        Array.from({ length: count }, (_, i) => start + i * step),
      );
      const coordinate = coordinateOf(source.arrays, array.name, dim)?.array;
      if (coordinate === undefined) return indexes;
      const all = await readLabels(coordinate, { signal });
      return indexes.map((index) => labelText(all, index));
    }),
  );
  return {
    shape: data.shape,
    dims: kept.map(({ dim }) => dim),
    label: (axis: number, index: number): ElementValue => labels[axis]![index] ?? null,
    value: presenter(array, data, maskAndScale),
  };
}
