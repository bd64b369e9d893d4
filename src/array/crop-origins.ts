import { LsioError } from '../errors.js';

/** A part of an axis in which crops lie. */
export interface CropAxis {
  readonly name: string;
  /** The first element that a crop may have. */
  readonly start: number;
  readonly length: number;
  /** Elements of a crop. */
  readonly size: number;
  /** Crops begin at multiples of it. */
  readonly align: number;
}

/** Where crops may begin along an axis: `first + k * step`, for `choices` values of k. */
interface Choices {
  readonly first: number;
  readonly step: number;
  readonly choices: number;
}

/** Rounds after which the generator has mixed its seed well. */
const WARM_UP_ROUNDS = 12;

/**
 * Where random crops begin. Each is a function of the seed and of its number alone, whatever order they are asked for in,
 * and whatever thread asks.
 */
export class CropOrigins {
  readonly #axes: readonly Choices[];
  readonly #seed: number;

  /**
   * @param seed a whole number from 0 to 2^53 - 1.
   * @throws {LsioError} `usage` for crops that fit nowhere.
   */
  constructor(axes: readonly CropAxis[], seed: number) {
    this.#axes = axes.map(choicesOf);
    this.#seed = seed;
  }

  /** The first element of a crop, along each axis. Uniform, but for the 53 bits of a double. */
  at(index: number): number[] {
    const next = generator(this.#seed, index);
    return this.#axes.map(({ first, step, choices }) => {
      const fraction = (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
      return first + step * Math.min(choices - 1, Math.floor(fraction * choices));
    });
  }
}

function choicesOf({ name, start, length, size, align }: CropAxis): Choices {
  const first = Math.ceil(start / align) * align;
  const choices = Math.floor((start + length - size - first) / align) + 1;
  if (size >= 1 && choices >= 1) return { first, step: align, choices };
  const where = align === 1 ? '' : ` at a multiple of ${align}`;
  throw new LsioError('usage', `crops of ${size} along ${name} don't fit into its ${length} elements${where}`);
}

/** Doty-Humphrey's sfc32 with a counter: 32 random bits a call. */
function generator(seed: number, index: number): () => number {
  let a = seed | 0;
  let b = (seed / 2 ** 32) | 0;
  let c = index | 0;
  let counter = (index / 2 ** 32 + 1) | 0;
  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
  return next;
}
