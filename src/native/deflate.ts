import { LsioError } from '../errors.js';
import { addressOf } from './library.js';
import { loadSharedLibrary, OutputFull, sizeResults } from './shared-library.js';

export const DEFLATE_LIBRARY = 'libdeflate.so.0';

/** What one gzip member or zlib stream took and gave, in bytes. */
export interface Inflated {
  readonly read: number;
  readonly written: number;
}

/**
 * Decodes one gzip member or zlib stream at the start of `source`.
 *
 * @throws {Error} for damaged or longer data.
 */
export type Inflate = (source: Uint8Array, target: Uint8Array) => Inflated;

const RESULTS = ['', 'damaged data', 'short output'];
const INSUFFICIENT_SPACE = 3;

/** @throws {LsioError} `unavailable` */
export function loadDeflate(): { readonly gzip: Inflate; readonly zlib: Inflate } {
  const library = loadSharedLibrary(DEFLATE_LIBRARY, 'libdeflate0');
  const decompressor = Number(library.func('uintptr_t libdeflate_alloc_decompressor()')());
  if (decompressor === 0) throw new LsioError('unavailable', `${DEFLATE_LIBRARY}: no memory for a decompressor`);
  const sizes = sizeResults();
  const sizesAt = addressOf(new Uint8Array(sizes.buffer));
  function bind(name: string): Inflate {
    const decode = library.func(`int ${name}(uintptr_t, uintptr_t, size_t, uintptr_t, size_t, uintptr_t, uintptr_t)`);
    return (source, target) => {
      const [from, to] = [addressOf(source), addressOf(target)];
      const result = decode(decompressor, from, source.length, to, target.length, sizesAt, sizesAt + 8);
      if (result === INSUFFICIENT_SPACE) throw new OutputFull();
      if (result !== 0) throw new Error(RESULTS[result] ?? `libdeflate's result ${result}`);
      return { read: Number(sizes[0]), written: Number(sizes[1]) };
    };
  }
  return { gzip: bind('libdeflate_gzip_decompress_ex'), zlib: bind('libdeflate_zlib_decompress_ex') };
}
