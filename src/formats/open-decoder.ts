import type { Libraries } from '../codec/libraries.js';
import type { ChunkDecoder, DecoderSpec } from './chunked-array.js';
import { GRIB_FORMAT, openGribDecoder } from './grib/decoder.js';
import { MEMORY_FORMAT, openMemoryDecoder } from './memory-array.js';
import { NATIVE_FORMAT, openNativeDecoder } from './nat/decoder.js';
import { openZarrDecoder } from './zarr/decoder.js';

type OpenDecoder = (spec: DecoderSpec, libraries: Libraries) => ChunkDecoder;

const DECODERS: Readonly<Record<string, OpenDecoder>> = {
  zarr: openZarrDecoder,
  [GRIB_FORMAT]: openGribDecoder,
  [NATIVE_FORMAT]: openNativeDecoder,
  [MEMORY_FORMAT]: openMemoryDecoder,
};

/**
 * Opens the decoder of an array's chunks for this thread.
 *
 * @throws {LsioError} `format` for what is not supported, `unavailable` where a library is missing.
 */
export function openDecoder(spec: DecoderSpec, libraries: Libraries): ChunkDecoder {
  const open = DECODERS[spec.format];
  if (open === undefined) throw new TypeError(`no decoder for the format ${spec.format}`);
  return open(spec, libraries);
}
