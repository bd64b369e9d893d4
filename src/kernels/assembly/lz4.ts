// One LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). The source may hold anything: nothing is
// read or written outside of the two ranges. Short copies may write up to 16 bytes too many, inside of the target.

/** Where the source is read. */
let at: usize = 0;

/** The length that begins with a nibble of the token, or -1 where the source ends. */
function lengthOf(nibble: i32, end: usize): i32 {
  let length = nibble;
  if (length !== 15) return length;
  let more: i32;
  do {
    if (at >= end) return -1;
    more = load<u8>(at++);
    length += more;
    if (length < 0) return -1;
  } while (more === 255);
  return length;
}

export function decodeLz4(target: usize, targetBytes: u32, source: usize, sourceBytes: u32): i32 {
  const end = source + sourceBytes;
  const targetEnd = target + targetBytes;
  let to = target;
  at = source;
  while (at < end) {
    const token: i32 = load<u8>(at++);
    const literals = lengthOf(token >> 4, end);
    if (literals < 0 || <usize>literals > end - at || <usize>literals > targetEnd - to) return -1;
    if (literals <= 16 && end - at >= 16 && targetEnd - to >= 16) v128.store(to, v128.load(at));
    else memory.copy(to, at, literals);
    at += literals;
    to += literals;
    // The last sequence is literals only.
    if (at === end) return <i32>(to - target);
    if (end - at < 2) return -1;
    const distance: usize = load<u16>(at);
    at += 2;
    const nibble = lengthOf(token & 15, end);
    if (nibble < 0 || distance === 0 || distance > to - target) return -1;
    const length: usize = <usize>nibble + 4;
    if (length > targetEnd - to) return -1;
    copyMatch(to, distance, length, targetEnd);
    to += length;
  }
  // A block ends after literals: this one was cut off, or is empty.
  return -1;
}

/** Repeats what lies `distance` bytes back; the copy may overlap its source. */
function copyMatch(to: usize, distance: usize, length: usize, targetEnd: usize): void {
  const stop = to + length;
  const room = targetEnd - stop >= 16;
  if (room && distance >= 16) {
    for (; to < stop; to += 16) v128.store(to, v128.load(to - distance));
  } else if (room && distance >= 8) {
    for (; to < stop; to += 8) store<u64>(to, load<u64>(to - distance));
  } else if (distance === 1) {
    memory.fill(to, load<u8>(to - 1), length);
  } else {
    for (; to < stop; to++) store<u8>(to, load<u8>(to - distance));
  }
}
