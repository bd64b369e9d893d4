/** A first message begins in so many bytes: bulletin headers stand before some. */
export const GRIB_HEAD_BYTES = 1024;

/** @param head the first {@link GRIB_HEAD_BYTES} of a file, or all of it. */
export function isGrib(head: Uint8Array): boolean {
  for (let at = head.indexOf(0x47); at >= 0; at = head.indexOf(0x47, at + 1)) {
    const isMagic = head[at + 1] === 0x52 && head[at + 2] === 0x49 && head[at + 3] === 0x42;
    if (isMagic && (head[at + 7] === 1 || head[at + 7] === 2)) return true;
  }
  return false;
}
