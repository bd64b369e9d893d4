const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bytes of the field "content size", by the two highest bits of the frame's descriptor. */
const SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/**
 * What the first frame of zstd data (RFC 8878, section 3.1.1) states as its decoded length; `undefined` where it states
 * none, as frames of streaming writers don't, or isn't a frame. More frames may follow it.
 */
export function zstdStatedBytes(source: Uint8Array): number | undefined {
  if (source.length < 6) return undefined;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) return (magic & ~15) >>> 0 === SKIPPABLE_MAGIC ? 0 : undefined;
  const descriptor = source[4]!;
  const singleSegment = (descriptor & 32) !== 0;
  const code = descriptor >> 6;
  const bytes = code === 0 && singleSegment ? 1 : SIZE_BYTES[code]!;
  const at = 5 + (singleSegment ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]!;
  if (bytes === 0 || at + bytes > source.length) return undefined;
  if (bytes === 1) return source[at]!;
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
