const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bytes of the field "content size", by the two highest bits of the frame's descriptor. */
const SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];
const BLOCK_BYTES_MAX = 128 * 1024;
const BLOCK_RLE = 1;
const CHECKSUM_BYTES = 4;

/**
 * What zstd data (RFC 8878, section 3.1) decodes to by the headers of its frames and blocks: what each frame states, or,
 * as frames of streaming writers state nothing, the most that its blocks can hold.
 *
 * @returns undefined for data that is cut off, or is no zstd.
 */
export function zstdStatedBytes(source: Uint8Array): number | undefined {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let bytes = 0;
  let at = 0;
  while (at < source.length) {
    if (source.length - at < 8) return undefined;
    const magic = view.getUint32(at, true);
    if ((magic & ~15) >>> 0 === SKIPPABLE_MAGIC) at += 8 + view.getUint32(at + 4, true);
    else {
      const frame = magic === MAGIC ? frameAt(view, at + 4) : undefined;
      if (frame === undefined) return undefined;
      bytes += frame.bytes;
      at = frame.end;
    }
  }
  return at === source.length ? bytes : undefined;
}

/** @param start behind the magic number. */
function frameAt(view: DataView, start: number): { readonly bytes: number; readonly end: number } | undefined {
  const descriptor = view.getUint8(start);
  const singleSegment = (descriptor & 32) !== 0;
  const code = descriptor >> 6;
  const sizeBytes = code === 0 && singleSegment ? 1 : SIZE_BYTES[code]!;
  const sizeAt = start + 1 + (singleSegment ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]!;
  let at = sizeAt + sizeBytes;
  if (at > view.byteLength) return undefined;
  const stated = contentSize(view, sizeAt, sizeBytes);
  let blocks = 0;
  for (let isLast = false; !isLast; blocks++) {
    if (view.byteLength - at < 3) return undefined;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) !== 0;
    at += 3 + (((header >> 1) & 3) === BLOCK_RLE ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) at += CHECKSUM_BYTES;
  return at > view.byteLength ? undefined : { bytes: stated ?? blocks * BLOCK_BYTES_MAX, end: at };
}

function contentSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
