import { plainDType } from '../array/dtype.js';
import { openChunkDecoder } from './chunk-decoder.js';
import type { DecoderKind } from './codec.js';
import { COMPRESSOR_NAMES, loadLibraries } from './libraries.js';

/** What decodes one kind of compressed data here. */
export interface CodecAvailability {
  readonly codec: string;
  /** Null where nothing does. */
  readonly decoder: DecoderKind | null;
  /** Such as `liblz4.so.1`. */
  readonly library: string | null;
  /** Why the native library is not used, and what mends it. */
  readonly problem: string | null;
  readonly remedy: string | null;
}

/** Finds out, for every compressor, what would decode a chunk of it. */
export async function codecAvailability(): Promise<CodecAvailability[]> {
  const libraries = await loadLibraries('auto');
  return COMPRESSOR_NAMES.map((codec) => {
    const found = libraries.get(codec);
    const why = 'problem' in found ? found : libraries.problems.find(({ name }) => name === codec);
    const rest = { codec, problem: why?.problem ?? null, remedy: why?.remedy ?? null };
    if ('problem' in found) return { ...rest, decoder: null, library: null };
    const codecs = ['bytes', `numcodecs.${codec}`].map((name) => ({ name, configuration: {} }));
    const decoder = openChunkDecoder({ codecs, dtype: plainDType('uint8'), shape: [1] }, libraries);
    return { ...rest, decoder: found.kind, library: decoder.libraries[0] ?? null };
  });
}
