import type { DecoderChoice } from '../codec/codec.js';
import { loadLibraries } from '../codec/libraries.js';
import type { ChunkDecoder, DecoderSpec } from './chunked-array.js';
import { GRIB_FORMAT, openGribDecoder } from './grib/decoder.js';
import { MEMORY_FORMAT, openMemoryDecoder } from './memory-array.js';
import { NATIVE_FORMAT, openNativeDecoder } from './nat/decoder.js';
import { openZarrDecoder } from './zarr/decoder.js';

const DECODERS: Readonly<Record<string, (spec: DecoderSpec) => ChunkDecoder>> = {
  [GRIB_FORMAT]: openGribDecoder,
  [NATIVE_FORMAT]: openNativeDecoder,
  [MEMORY_FORMAT]: openMemoryDecoder,
};

/**
 * Opens the decoder of an array's chunks for this thread.
 *
 * @param choice which libraries decompress. @default 'auto'
 * @throws {LsioError} `format` for what is not supported, `unavailable` where a library is missing.
 */
export async function openDecoder(spec: DecoderSpec, choice?: DecoderChoice): Promise<ChunkDecoder> {
  // The others need none: loading them takes as long as reading a crop.
  if (spec.format === 'zarr') return openZarrDecoder(spec, await loadLibraries(choice));
  const open = DECODERS[spec.format];
  if (open === undefined) throw new TypeError(`no decoder for the format ${spec.format}`);
  return open(spec);
}
