import { LsioError } from '../errors.js';

/** Elements of an axis: `start`, `start + step` …; a step may be negative. */
export interface AxisRun {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What is taken along one axis. */
export interface AxisSelection {
  /** One after the other; several where longitudes wrap. */
  readonly runs: readonly AxisRun[];
  /** The axis is not in the result: it was selected by one index or label. */
  readonly drop: boolean;
}

/** One entry for each axis. Plain data. */
export type Selection = readonly AxisSelection[];

/** An index, negative from the end, or a slice with numpy's meaning. */
export type IndexSelector = number | { readonly start?: number; readonly stop?: number; readonly step?: number };

export interface Axis {
  readonly name: string;
  readonly length: number;
}

/** Everything along an axis. */
export function wholeAxis(length: number): AxisSelection {
  return { runs: [{ start: 0, step: 1, count: length }], drop: false };
}

export function wholeSelection(shape: readonly number[]): Selection {
  return shape.map(wholeAxis);
}

export function countOf({ runs }: AxisSelection): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

/** The shape of the result: without the axes that are dropped. */
export function resultShape(selection: Selection): number[] {
  return selection.filter(({ drop }) => !drop).map(countOf);
}

/**
 * What an index or a slice means along an axis, as numpy has it: negative numbers count from the end, a slice is clipped.
 *
 * @throws {LsioError} `usage` for an index outside, a step of 0, or a slice in which nothing lies.
 */
export function selectIndex({ name, length }: Axis, selector: IndexSelector): AxisSelection {
  if (typeof selector === 'number') {
    const start = selector < 0 ? selector + length : selector;
    if (!Number.isSafeInteger(selector) || start < 0 || start >= length) {
      throw new LsioError('usage', `${name}=${selector} is outside: ${extentText(length)}`);
    }
    return { runs: [{ start, step: 1, count: 1 }], drop: true };
  }
  const { start, stop, step = 1 } = selector;
  if (!Number.isSafeInteger(step) || step === 0)
    throw new LsioError('usage', `${name}: a step of ${step} leads nowhere`);
  const forward = step > 0;
  const first = clip(start ?? (forward ? 0 : length), length, forward);
  const end = stop === undefined ? (forward ? length : -1) : clip(stop, length, forward);
  const count = Math.max(0, Math.ceil((end - first) / step));
  if (count === 0) {
    const text = `${start ?? ''}:${stop ?? ''}${step === 1 ? '' : `:${step}`}`;
    throw new LsioError('usage', `${name}=${text} selects nothing: ${extentText(length)}`);
  }
  return { runs: [{ start: first, step, count }], drop: false };
}

/** The rule of Python's slices: outside becomes the end on that side. */
function clip(index: number, length: number, forward: boolean): number {
  const at = index < 0 ? index + length : index;
  return forward ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
}

function extentText(length: number): string {
  return length === 0 ? 'the axis is empty' : `the axis has the indexes 0 to ${length - 1}, step 1`;
}

/** Different indexes as runs of neighbours, in their order. */
export function runsOf(indexes: readonly number[]): AxisRun[] {
  const runs: AxisRun[] = [];
  for (let i = 0; i < indexes.length; ) {
    const start = indexes[i]!;
    const step = indexes[i + 1] === start - 1 ? -1 : 1;
    let count = 1;
    while (indexes[i + count] === start + count * step) count++;
    runs.push({ start, step, count });
    i += count;
  }
  return runs;
}
