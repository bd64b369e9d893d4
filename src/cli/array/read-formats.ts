import { plainDType } from '../../array/dtype.js';
import type { ElementValue } from '../../array/elements.js';
import type { Selection } from '../../array/selection.js';
import { labelText, readLabels } from '../../compute/labels.js';
import { presenter, unpacked } from '../../compute/present.js';
import type { ArrayData } from '../../compute/read.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { type ArraySource, coordinateOf } from '../../formats/source.js';
import { arrayText, csvText, jsonText, type TextArray } from '../../output/array-text.js';
import { fixedElements, npyHeader } from '../../output/npy.js';

export const FORMATS = ['npy', 'raw', 'csv', 'json', 'text'] as const;
export type Format = (typeof FORMATS)[number];

/** What was read, and what is needed to write it. */
export interface ReadResult {
  readonly source: ArraySource;
  readonly array: ChunkedArray;
  readonly selection: Selection;
  readonly data: ArrayData;
  readonly signal: AbortSignal;
  /** Absent: as the format has it. */
  readonly maskAndScale: boolean | undefined;
}

/** @throws {LsioError} `usage` where nothing says which format is wanted. */
export function formatOf(output: string | undefined, format: Format | undefined, terminal: boolean): Format {
  if (format !== undefined) return format;
  if (output === undefined) {
    if (terminal) return 'text';
    throw new LsioError('usage', 'stdout is no terminal: say which format', {
      remedy: '--format npy|raw|csv|json|text, or -o FILE',
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
  if (format === 'npy' || format === 'raw') return binaryParts(format, array, data, result.maskAndScale ?? false);
  const text = await textArray(result, result.maskAndScale ?? true);
  if (format === 'csv') return csvText(text);
  return format === 'json' ? jsonText(text, array.name) : [arrayText(text)];
}

function binaryParts(format: 'npy' | 'raw', array: ChunkedArray, data: ArrayData, maskAndScale: boolean): Uint8Array[] {
  const values = maskAndScale ? unpacked(array, data) : undefined;
  const elements =
    values !== undefined
      ? { dtype: plainDType('float64'), bytes: new Uint8Array(values.buffer) }
      : data.items === undefined
        ? data
        : fixedElements(data.dtype, data.items);
  if (format === 'npy') return [npyHeader(elements.dtype, data.shape), elements.bytes];
  if (data.items === undefined) return [elements.bytes];
  throw new LsioError('usage', `elements of ${data.dtype.name} vary in length: raw can't hold them`, {
    remedy: 'npy, csv or json',
  });
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
