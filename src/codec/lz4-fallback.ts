import { makeWorkspace } from './workspace.js';

/** Not that of the shuffles: a block is decoded to theirs. */
const workspace = makeWorkspace();

/** Decodes one LZ4 block, where liblz4 is missing or not wanted. Returns the bytes written, or -1 for damaged data. */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array): number {
  const { kernels, bytes } = workspace(source.length + target.length);
  bytes.set(source);
  const written = kernels.decodeLz4(source.length, target.length, 0, source.length);
  if (written > 0) target.set(bytes.subarray(source.length, source.length + written));
  return written;
}
