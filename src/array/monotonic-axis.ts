import { LsioError } from '../errors.js';
import type { AxisSelection } from './selection.js';

/** A number, or an instant in nanoseconds. An axis has one or the other. */
type Label = number | bigint;

/** Labels that ascend or descend strictly, so that a label has at most one place. */
export class MonotonicAxis {
  readonly values: ArrayLike<Label>;
  readonly ascending: boolean;
  readonly #name: string;
  readonly #text: (label: Label) => string;

  /** @throws {LsioError} `usage`, naming two places, where the labels do neither. */
  constructor(name: string, values: ArrayLike<Label>, text: (label: Label) => string) {
    this.#name = name;
    this.values = values;
    this.#text = text;
    this.ascending = values.length < 2 || values[1]! > values[0]!;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const before = Math.max(0, i - 1);
      if (i === 0 ? !Number.isNaN(value) : this.ascending ? value > values[before]! : value < values[before]!) continue;
      const places = `${text(values[before]!)} at ${before}, ${text(value)} at ${i}`;
      throw new LsioError('usage', `${name}: its labels don't steadily ascend or descend (${places})`, {
        remedy: `select by position: --isel ${name}=0:10`,
      });
    }
  }

  /** The index of the closest label. */
  indexNear(label: Label): number {
    const at = this.#lowerBound(label);
    const candidates = [at - 1, at].filter((i) => i >= 0 && i < this.values.length);
    return candidates.reduce((best, i) => (this.#distance(i, label) < this.#distance(best, label) ? i : best));
  }

  /**
   * The closest label, at most half a step away.
   *
   * @param labels the same place in several ways: a longitude with and without 360 more.
   */
  nearest(labels: readonly Label[], text: string): AxisSelection {
    const [found] = labels
      .map((label) => ({ label, index: this.indexNear(label) }))
      .sort((a, b) => this.#distance(a.index, a.label) - this.#distance(b.index, b.label));
    const { label, index } = found!;
    const { length } = this.values;
    // Between two labels the nearest is never too far away.
    const isOutside = this.#lowerBound(label) % length === 0;
    const step = length === 1 ? 0 : this.#distance(index === 0 ? 1 : index - 1, this.values[index]!);
    if (isOutside && this.#distance(index, label) * 2 > step) throw this.absent(text);
    return single(index);
  }

  /** All labels from `low` to `high`, both included; absent ends are open. */
  range(low: Label | undefined, high: Label | undefined, text: string): AxisSelection {
    const { length } = this.values;
    const [a, b] = this.ascending ? [low, high] : [high, low];
    const start = a === undefined ? 0 : this.#lowerBound(a);
    let end = b === undefined ? length : this.#lowerBound(b);
    if (end < length && this.values[end] === b) end++;
    if (end <= start) throw this.nothing(text);
    return { runs: [{ start, step: 1, count: end - start }], drop: false };
  }

  absent(text: string): LsioError {
    return new LsioError('usage', `${this.#name}=${text} is not on the axis: ${this.#extent()}`, {
      remedy: `${this.#name}=~${text} takes the nearest within half a step`,
    });
  }

  nothing(text: string): LsioError {
    return new LsioError('usage', `${this.#name}=${text} selects nothing: ${this.#extent()}`);
  }

  #extent(): string {
    const { length } = this.values;
    const first = this.#text(this.values[0]!);
    if (length === 1) return `its only label is ${first}`;
    const step = stepText(this.values[0]!, this.values[1]!);
    return `it goes from ${first} to ${this.#text(this.values[length - 1]!)}, step ${step}`;
  }

  /** The first index whose label is at or past `label`, in the axis' direction. */
  #lowerBound(label: Label): number {
    let low = 0;
    let high = this.values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const value = this.values[middle]!;
      if (this.ascending ? value < label : value > label) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #distance(index: number, label: Label): number {
    return Math.abs(difference(this.values[index]!, label));
  }
}

/** One element of an axis, which the result then doesn't have. */
export function single(index: number): AxisSelection {
  return { runs: [{ start: index, step: 1, count: 1 }], drop: true };
}

function difference(a: Label, b: Label): number {
  return typeof a === 'bigint' && typeof b === 'bigint' ? Number(a - b) : Number(a) - Number(b);
}

function stepText(first: Label, second: Label): string {
  const step = difference(second, first);
  if (typeof first === 'number') return String(Number(step.toPrecision(6)));
  const seconds = step / 1e9;
  for (const [size, unit] of [[86_400, 'days'] as const, [3600, 'hours'] as const, [60, 'minutes'] as const]) {
    if (Math.abs(seconds) >= size) return `${seconds / size} ${unit}`;
  }
  return `${seconds} seconds`;
}
