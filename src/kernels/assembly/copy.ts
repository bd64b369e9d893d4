/** From this length on the engine's own memory.copy is at least as fast as a loop. */
const BULK_COPY_BYTES: u32 = 1024;

/** Copies one row. Source and target must not overlap: short tails are copied by overlapping stores. */
function copyRow(target: usize, source: usize, bytes: u32): void {
  if (bytes >= 16) {
    let i: u32 = 0;
    for (const last: u32 = bytes - 16; i < last; i += 16) v128.store(target + i, v128.load(source + i));
    v128.store(target + bytes - 16, v128.load(source + bytes - 16));
  } else if (bytes >= 8) {
    const tail = load<u64>(source + bytes - 8);
    store<u64>(target, load<u64>(source));
    store<u64>(target + bytes - 8, tail);
  } else if (bytes >= 4) {
    const tail = load<u32>(source + bytes - 4);
    store<u32>(target, load<u32>(source));
    store<u32>(target + bytes - 4, tail);
  } else {
    for (let i: u32 = 0; i < bytes; i++) store<u8>(target + i, load<u8>(source + i));
  }
}

function copyPlane(
  target: usize,
  source: usize,
  rowBytes: u32,
  rows: u32,
  targetRowStride: i32,
  sourceRowStride: i32,
): void {
  if (rowBytes >= BULK_COPY_BYTES) {
    for (let row: u32 = 0; row < rows; row++) {
      memory.copy(target, source, rowBytes);
      target += targetRowStride;
      source += sourceRowStride;
    }
    return;
  }
  for (let row: u32 = 0; row < rows; row++) {
    copyRow(target, source, rowBytes);
    target += targetRowStride;
    source += sourceRowStride;
  }
}

export function copyBox(
  target: usize,
  source: usize,
  rowBytes: u32,
  rows: u32,
  targetRowStride: i32,
  sourceRowStride: i32,
  planes: u32,
  targetPlaneStride: i32,
  sourcePlaneStride: i32,
): void {
  for (let plane: u32 = 0; plane < planes; plane++) {
    copyPlane(target, source, rowBytes, rows, targetRowStride, sourceRowStride);
    target += targetPlaneStride;
    source += sourcePlaneStride;
  }
}

/** Copies `count` elements of type T that lie `stride` bytes apart in the source, densely to the target. */
function gather<T>(target: usize, source: usize, count: u32, stride: i32): void {
  for (let i: u32 = 0; i < count; i++) {
    store<T>(target, load<T>(source));
    target += sizeof<T>();
    source += stride;
  }
}

export function gatherElements(target: usize, source: usize, count: u32, elementBytes: u32, stride: i32): void {
  if (elementBytes === 1) gather<u8>(target, source, count, stride);
  else if (elementBytes === 2) gather<u16>(target, source, count, stride);
  else if (elementBytes === 4) gather<u32>(target, source, count, stride);
  else if (elementBytes === 8) gather<u64>(target, source, count, stride);
  else copyPlane(target, source, elementBytes, count, elementBytes, stride);
}
