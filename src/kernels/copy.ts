/** Copies of boxes and of single elements. Source and target must not overlap. */
export interface CopyKernels {
  /**
   * Copies `planes` × `rows` rows of `rowBytes` bytes. Strides are in bytes, may be negative, and go from the start
   * of one row (plane) to the start of the next. For more dimensions, call it once a combination of the outer ones.
   */
  copyBox(
    target: number,
    source: number,
    rowBytes: number,
    rows: number,
    targetRowStride: number,
    sourceRowStride: number,
    planes: number,
    targetPlaneStride: number,
    sourcePlaneStride: number,
  ): void;

  /** Copies `count` elements that lie `stride` bytes apart in the source, densely to the target. */
  gatherElements(target: number, source: number, count: number, elementBytes: number, stride: number): void;
}

export function copyKernels(buffer: ArrayBuffer): CopyKernels {
  const bytes = new Uint8Array(buffer);

  function copyRow(target: number, source: number, length: number): void {
    if (length >= 64) bytes.copyWithin(target, source, source + length);
    else for (let i = 0; i < length; i++) bytes[target + i] = bytes[source + i]!;
  }

  return {
    copyBox(target, source, rowBytes, rows, targetRow, sourceRow, planes, targetPlane, sourcePlane) {
      for (let plane = 0; plane < planes; plane++) {
        for (let row = 0; row < rows; row++) {
          const to = target + plane * targetPlane + row * targetRow;
          copyRow(to, source + plane * sourcePlane + row * sourceRow, rowBytes);
        }
      }
    },
    gatherElements(target, source, count, elementBytes, stride) {
      for (let i = 0; i < count; i++) copyRow(target + i * elementBytes, source + i * stride, elementBytes);
    },
  };
}
