import type { ByteSource, ChunkedArray, RefsSpec } from './chunked-array.js';
import { zarrArrayOf } from './zarr/zarr-array.js';

/** Tells where the chunks of an array are, on another thread than the one that opened it. */
export function openRefs({ format, parameters }: RefsSpec, sources: readonly ByteSource[]): ChunkedArray['refs'] {
  if (format !== 'zarr') throw new TypeError(`no references of the format ${format}`);
  const array = zarrArrayOf(parameters, sources);
  return (chunks, signal) => array.refs(chunks, signal);
}
