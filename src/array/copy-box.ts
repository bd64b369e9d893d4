import type { Box } from './grid.js';

/** Rows of at least this many bytes are copied by `set`, shorter ones by a loop: measured, docs/measurements.md. */
const SET_BYTES_MIN = 1024;

/** Bytes in memory that hold an array in row-major order. */
export interface BoxSide {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  /** Where `bytes` begin in the array, in bytes. @default 0 */
  readonly offset?: number;
}

/** One axis of a copy: how many steps, and how far apart they lie on both sides, in bytes. */
interface CopyAxis {
  readonly count: number;
  readonly source: number;
  readonly target: number;
}

/**
 * Copies a box of a chunk to its place in the output. Axes of which all is copied become one with the axis before, so that
 * a whole chunk that is one run of the output is one copy.
 */
export function copyBox(source: BoxSide, target: BoxSide, box: Box, itemBytes: number): void {
  if (box.count.includes(0)) return;
  const { axes, from: first, to } = copyAxes(source, target, box, itemBytes);
  const from = first - (source.offset ?? 0);
  const row = axes.pop()!;
  const rows = axes.pop() ?? ONE_ROW;
  // Elements that follow one another on both sides are one run of bytes.
  const isRun = row.source === itemBytes && row.target === itemBytes;
  const copyRows = isRun
    ? runCopier(source.bytes, target.bytes, row.count * itemBytes, rows, [
        from,
        to,
        ...axes.flatMap((axis) => [axis.source, axis.target]),
      ])
    : elementCopier(source.bytes, target.bytes, row, rows, itemBytes);
  const counters = axes.map(() => 0);
  let sourceAt = from;
  let targetAt = to;
  for (;;) {
    copyRows(sourceAt, targetAt);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { count, source: sourceStep, target: targetStep } = axes[axis]!;
      sourceAt += sourceStep;
      targetAt += targetStep;
      if (++counters[axis]! < count) break;
      sourceAt -= sourceStep * count;
      targetAt -= targetStep * count;
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** The axes of the copy, merged where neighbours are one run on both sides; the last one is the row. */
function copyAxes(source: BoxSide, target: BoxSide, box: Box, itemBytes: number) {
  const axes: CopyAxis[] = [];
  let [sourceStep, targetStep] = [itemBytes, itemBytes];
  let [from, to] = [0, 0];
  for (let i = source.shape.length - 1; i >= 0; i--) {
    const axis = { count: box.count[i]!, source: sourceStep * box.step[i]!, target: targetStep };
    from += box.source[i]! * sourceStep;
    to += box.target[i]! * targetStep;
    sourceStep *= source.shape[i]!;
    targetStep *= target.shape[i]!;
    const inner = axes[0];
    if (axis.count === 1 && inner !== undefined) continue;
    const continues = inner?.source !== undefined && axis.source === inner.source * inner.count;
    if (inner !== undefined && continues && axis.target === inner.target * inner.count) {
      axes[0] = { ...inner, count: inner.count * axis.count };
    } else axes.unshift(axis);
  }
  if (axes.length === 0) axes.push({ count: 1, source: itemBytes, target: itemBytes });
  return { axes, from, to };
}

const ONE_ROW: CopyAxis = { count: 1, source: 0, target: 0 };

/** Copies rows that lie evenly apart, the first one from and to these places. */
type CopyRows = (source: number, target: number) => void;

/** @param offsets all that a place of a row is made of: if they are multiples of a word, so is every place. */
function runCopier(
  source: Uint8Array,
  target: Uint8Array,
  rowBytes: number,
  { count, source: sourceStep, target: targetStep }: CopyAxis,
  offsets: readonly number[],
): CopyRows {
  if (rowBytes >= SET_BYTES_MIN) {
    return (from, to) => {
      for (let row = 0; row < count; row++) {
        const at = from + row * sourceStep;
        target.set(source.subarray(at, at + rowBytes), to + row * targetStep);
      }
    };
  }
  const all = [rowBytes, source.byteOffset, target.byteOffset, sourceStep, targetStep, ...offsets];
  const wordBytes = [8, 4, 2].find((bytes) => all.every((offset) => offset % bytes === 0)) ?? 1;
  const words = rowBytes / wordBytes;
  const steps = { count, source: sourceStep / wordBytes, target: targetStep / wordBytes };
  if (wordBytes === 8) {
    const [read, write] = [wideWords(source), wideWords(target)];
    return (from, to) => copyWide(read, from / 8, write, to / 8, words, steps);
  }
  const [read, write] = [wordsOf(source, wordBytes), wordsOf(target, wordBytes)] as [Uint32Array, Uint32Array];
  return (from, to) => {
    for (let row = 0; row < count; row++) {
      const first = from / wordBytes + row * steps.source;
      const at = to / wordBytes + row * steps.target;
      for (let i = 0; i < words; i++) write[at + i] = read[first + i]!;
    }
  };
}

/** Eight at a time: several times as fast as one by one. */
function copyWide(
  read: BigUint64Array,
  first: number,
  write: BigUint64Array,
  at: number,
  words: number,
  { count, source, target }: CopyAxis,
): void {
  const end = words - 7;
  for (let row = 0, from = first, to = at; row < count; row++, from += source, to += target) {
    let i = 0;
    for (; i < end; i += 8) {
      write[to + i] = read[from + i]!;
      write[to + i + 1] = read[from + i + 1]!;
      write[to + i + 2] = read[from + i + 2]!;
      write[to + i + 3] = read[from + i + 3]!;
      write[to + i + 4] = read[from + i + 4]!;
      write[to + i + 5] = read[from + i + 5]!;
      write[to + i + 6] = read[from + i + 6]!;
      write[to + i + 7] = read[from + i + 7]!;
    }
    for (; i < words; i++) write[to + i] = read[from + i]!;
  }
}

function wideWords({ buffer, byteOffset, byteLength }: Uint8Array): BigUint64Array {
  return new BigUint64Array(buffer, byteOffset, Math.floor(byteLength / 8));
}

/** Elements that don't follow one another. */
function elementCopier(
  source: Uint8Array,
  target: Uint8Array,
  row: CopyAxis,
  rows: CopyAxis,
  itemBytes: number,
): CopyRows {
  return (from, to) => {
    for (let at = 0; at < rows.count; at++) {
      for (let i = 0; i < row.count; i++) {
        const read = from + at * rows.source + i * row.source;
        const write = to + at * rows.target + i * row.target;
        for (let byte = 0; byte < itemBytes; byte++) target[write + byte] = source[read + byte]!;
      }
    }
  };
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array, wordBytes: number) {
  const length = Math.floor(byteLength / wordBytes);
  if (wordBytes === 4) return new Uint32Array(buffer, byteOffset, length);
  if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, length);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The same for elements that are JavaScript values. */
export function copyItems<T>(
  source: { readonly items: readonly T[]; readonly shape: readonly number[] },
  target: { readonly items: T[]; readonly shape: readonly number[] },
  box: Box,
): void {
  if (box.count.includes(0)) return;
  const { axes, from, to } = copyAxes(
    { bytes: new Uint8Array(0), shape: source.shape },
    { bytes: new Uint8Array(0), shape: target.shape },
    box,
    1,
  );
  function copy(depth: number, sourceAt: number, targetAt: number): void {
    const axis = axes[depth];
    if (axis === undefined) {
      target.items[targetAt] = source.items[sourceAt]!;
      return;
    }
    for (let i = 0; i < axis.count; i++) copy(depth + 1, sourceAt + i * axis.source, targetAt + i * axis.target);
  }
  copy(0, from, to);
}
