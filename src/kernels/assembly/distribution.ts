// Histograms, and counts of digits for exact quantiles.

/** Adds to `bins` uint32 counts; bin i holds edges[i] <= x < edges[i + 1], the last one its upper edge, too. */
export function histogram(source: usize, count: u32, edges: usize, bins: u32, counts: usize): void {
  const first = load<f64>(edges);
  const last = load<f64>(edges + 8 * bins);
  const scale = <f64>bins / (last - first);
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f64>(source + 8 * i);
    if (!(x >= first && x <= last)) continue;
    let bin = <i32>((x - first) * scale);
    if (bin >= <i32>bins) bin = bins - 1;
    // The product is rounded: the edges decide.
    while (bin > 0 && x < load<f64>(edges + 8 * bin)) bin--;
    while (bin < <i32>bins - 1 && x >= load<f64>(edges + 8 * (bin + 1))) bin++;
    const at = counts + 4 * bin;
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Order-preserving unsigned key in the low bits. */
function keyOf<T extends number>(at: usize): u64 {
  if (isFloat<T>()) {
    if (sizeof<T>() === 4) {
      const bits = load<i32>(at);
      return <u64>(<u32>(bits ^ ((bits >> 31) | i32.MIN_VALUE)));
    }
    const bits = load<i64>(at);
    return <u64>(bits ^ ((bits >> 63) | i64.MIN_VALUE));
  }
  const x = load<T>(at);
  if (!isSigned<T>()) return <u64>x;
  const top: u64 = 1 << (8 * sizeof<T>() - 1);
  const mask: u64 = (top - 1) | top;
  return (<u64>x & mask) ^ top;
}

/**
 * Counts the 16 bits of each key from bit `shift` up into 65,536 uint32 counts: of keys whose bits above those equal
 * `prefix`, or of all where `hasPrefix` is false. NaN and fill are skipped.
 */
function radix<T extends number>(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: T,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = source + i * sizeof<T>();
    const x = load<T>(at);
    if (isFloat<T>()) {
      if (x !== x) continue;
    } else if (hasFill && x === fill) continue;
    const key = keyOf<T>(at);
    if (hasPrefix && key >> (shift + 16) !== prefix) continue;
    const slot = counts + 4 * (<u32>(key >> shift) & 0xffff);
    store<u32>(slot, load<u32>(slot) + 1);
  }
}

export function radixI8(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i8,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<i8>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixU8(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u8,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<u8>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixI16(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i16,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<i16>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixU16(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u16,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<u16>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixI32(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i32,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<i32>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixU32(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u32,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<u32>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixI64(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i64,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<i64>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixU64(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u64,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<u64>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixF32(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f32,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<f32>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}

export function radixF64(
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f64,
  shift: u32,
  hasPrefix: bool,
  prefix: u64,
  counts: usize,
): void {
  radix<f64>(source, count, hasFill, fill, shift, hasPrefix, prefix, counts);
}
