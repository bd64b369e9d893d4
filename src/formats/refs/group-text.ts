import { type JsonObject, stringifyJson } from '../../array/exact-json.js';
import { LsioError } from '../../errors.js';
import type { ByteSource, Place } from '../chunked-array.js';
import { MARK, type ReferenceArray, type ReferenceChunk, type ReferenceGroup } from '../reference-group.js';
import { fileOf, type ReferenceTarget, type WrittenReferences } from './write-references.js';

/**
 * The text of a kerchunk reference file, version 1, of a source that is no Zarr store: entry by entry.
 *
 * @throws {LsioError} `format` where a file can't be named.
 * @see https://fsspec.github.io/kerchunk/spec.html
 */
export function* groupReferencesText(
  group: ReferenceGroup,
  sources: readonly Pick<ByteSource, 'spec'>[],
  target: ReferenceTarget,
): Generator<WrittenReferences, void, undefined> {
  yield { text: '{"version": 1, "refs": {', leadsOutside: false };
  let separator = '\n';
  const next = (name: string, entry: unknown, leadsOutside = false): WrittenReferences => {
    const text = `${separator}${JSON.stringify(name)}: ${JSON.stringify(entry)}`;
    separator = ',\n';
    return { text, leadsOutside };
  };
  const part = (name: string, at: Place) => {
    const { file, leadsOutside } = fileOf(sources, at, target);
    return next(name, at.range === undefined ? [file] : [file, at.range.offset, at.range.length], leadsOutside);
  };
  const files = group.files.map((place) => fileOf(sources, place, target).file);
  yield next('.zgroup', '{"zarr_format": 2}');
  yield next('.zattrs', stringifyJson({ ...group.attributes, [MARK]: { format: group.format, files } }));
  for (const array of group.arrays) {
    yield next(`${array.name}/.zarray`, stringifyJson(metadataOf(array)));
    yield next(`${array.name}/.zattrs`, stringifyJson({ ...array.attributes, _ARRAY_DIMENSIONS: [...array.dims] }));
    for (const chunk of array.chunks) {
      const name = chunkName(array, chunk);
      if (chunk.at instanceof Uint8Array) yield next(name, `base64:${Buffer.from(chunk.at).toString('base64')}`);
      else yield part(name, chunk.at);
    }
  }
  for (const { name, at } of group.others) yield part(name, at);
  yield { text: '\n}}\n', leadsOutside: false };
}

function metadataOf({ shape, chunkShape, dtype, fillValue, filters }: ReferenceArray): JsonObject {
  return {
    zarr_format: 2,
    shape: [...shape],
    chunks: [...chunkShape],
    dtype,
    fill_value: fillValue,
    order: 'C',
    dimension_separator: '.',
    filters: filters.length === 0 ? null : [...filters],
    compressor: null,
  };
}

function chunkName({ name, shape }: ReferenceArray, { place }: ReferenceChunk): string {
  if (place.length !== shape.length) throw new LsioError('format', `${name}: a chunk at ${place.join('.')}`);
  return `${name}/${place.join('.')}`;
}
