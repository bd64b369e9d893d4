import { webAssembly } from '../kernels/webassembly.js';
import type { Decompress } from './codec.js';
import { zstdStatedBytes } from './zstd-frame.js';

/** The npm package: libzstd's decoder as WebAssembly. */
export const ZSTD_FALLBACK = 'zstddec';

/** Source and target together: its memory ends at 2 GiB, and it doesn't look whether it got what it asked for. */
const BYTES_MAX = 2 ** 30;

/** Loads the WebAssembly decoder, for where libzstd is missing or not wanted; undefined under `node --jitless`. */
export async function loadZstdFallback(): Promise<Decompress | undefined> {
  if (webAssembly === undefined) return undefined;
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (source, target) => {
    if (source.length + target.length > BYTES_MAX) throw new Error('chunks of more than 1 GiB need libzstd.so.1');
    // A target of 0 bytes would mean "as long as the frame states".
    const decoded = decoder.decode(source, target.length + 1);
    if (decoded.length > target.length) throw new Error('the data decodes to more');
    // It gives nothing for damaged data.
    if (decoded.length === 0 && zstdStatedBytes(source) !== 0) return -1;
    target.set(decoded);
    return decoded.length;
  };
}
