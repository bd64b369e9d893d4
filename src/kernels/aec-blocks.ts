/** What is wrong with a stream: it ends before its values do. */
export const AEC_ENDS = -1;
/** A pair of samples is coded by a larger number than libaec writes. */
export const AEC_PAIR = -2;
/** A run of zeros passes the end of its interval. */
export const AEC_ZEROS = -3;

/** Ends the decoding of a damaged stream. */
export class AecFault extends Error {
  readonly fault: number;

  constructor(fault: number) {
    super();
    this.fault = fault;
  }
}

/** libaec's flags, as template 5.42 of GRIB stores them. */
const PREPROCESS = 8;
const RESTRICTED = 16;
const PAD_INTERVAL = 32;

export interface AecOptions {
  /** Bits a sample, 1 to 32. */
  readonly bits: number;
  readonly flags: number;
  /** Samples a block: 8 to 64, a multiple of 8. */
  readonly block: number;
  /** Blocks between two reference samples. */
  readonly interval: number;
}

/** A block of zeros that ends at the next segment. */
const REST_OF_SEGMENT = 5;
const SEGMENT_BLOCKS = 64;
/** Larger numbers for a pair would cost more bits than other options: libaec refuses them, too. */
const PAIR_MAX = 90;

/**
 * Reads the blocks of a CCSDS 121.0-B stream (as libaec writes it) one after the other. After {@link next}, `samples`
 * holds a block's samples as they are coded: mapped differences where the stream is preprocessed, except a reference.
 */
export class AecBlocks {
  /** The samples of the block read last, and whether the first is a reference sample. */
  readonly samples: Int32Array;
  startsInterval = false;
  /** All samples are zero, but for a reference. */
  isZero = false;
  /** Low bits of each sample (but a reference) that {@link nextHigh} left unread, and where they begin. */
  lowBits = 0;
  lowAt = 0;
  readonly preprocessed: boolean;
  readonly #view: DataView;
  readonly #bitsEnd: number;
  readonly #bits: number;
  readonly #block: number;
  readonly #interval: number;
  readonly #idBits: number;
  readonly #pad: boolean;
  #at = 0;
  #blockOfInterval = 0;
  #zeroBlocks = 0;

  constructor(view: DataView, dataBytes: number, { bits, flags, block, interval }: AecOptions) {
    this.samples = new Int32Array(block);
    this.preprocessed = (flags & PREPROCESS) !== 0;
    this.#view = view;
    this.#bitsEnd = dataBytes * 8;
    this.#bits = bits;
    this.#block = block;
    this.#interval = interval;
    this.#pad = (flags & PAD_INTERVAL) !== 0;
    this.#idBits = flags & RESTRICTED && bits <= 4 ? (bits <= 2 ? 1 : 2) : bits > 16 ? 5 : bits > 8 ? 4 : 3;
  }

  /** Reads the next block. @throws {AecFault} */
  next(): void {
    this.nextHigh();
    if (this.lowBits > 0) readLow(this.#view, this.lowAt, this.lowBits, this.samples, this.startsInterval ? 1 : 0);
  }

  /** Reads the next block but for the low bits of its samples, which the caller adds while it goes through them. */
  nextHigh(): void {
    if (this.#blockOfInterval === this.#interval) {
      this.#blockOfInterval = 0;
      if (this.#pad) this.#at = (this.#at + 7) & ~7;
    }
    this.startsInterval = this.#blockOfInterval === 0 && this.preprocessed;
    this.lowBits = 0;
    this.isZero = this.#zeroBlocks > 0;
    if (this.isZero) {
      this.#zeroBlocks--;
      this.samples.fill(0);
    } else {
      this.#read(this.startsInterval ? 1 : 0);
      if (this.#at > this.#bitsEnd) throw new AecFault(AEC_ENDS);
    }
    this.#blockOfInterval++;
  }

  /** @param first 1 when a reference sample stands first. */
  #read(first: number): void {
    const id = this.#take(this.#idBits);
    if (id === 0) {
      const secondExtension = this.#take(1);
      if (first === 1) this.samples[0] = this.#take(this.#bits);
      if (secondExtension) this.#readPairs(first);
      else this.#readZeros(first);
    } else if (id === 2 ** this.#idBits - 1) {
      for (let i = 0; i < this.#block; i++) this.samples[i] = this.#take(this.#bits);
    } else {
      if (first === 1) this.samples[0] = this.#take(this.#bits);
      this.#readHigh(id - 1, first);
    }
  }

  /** Each sample's high part is unary; the low parts of `low` bits follow together. */
  #readHigh(low: number, first: number): void {
    const { samples } = this;
    const view = this.#view;
    const length = this.#block;
    let at = this.#at;
    const last = this.#bitsEnd;
    let word = 0;
    let valid = 0;
    for (let i = first; i < length; i++) {
      // A word holds several short unary codes; it is loaded anew when the rest of it is all zeros.
      let zeros = Math.clz32(word);
      if (zeros >= valid) {
        if (at > last) break;
        word = view.getInt32(at >>> 3) << (at & 7);
        valid = 32 - (at & 7);
        zeros = Math.clz32(word);
        if (zeros >= valid) {
          this.#at = at;
          zeros = this.#unary();
          at = this.#at;
          valid = 0;
          word = 0;
          samples[i] = zeros << low;
          continue;
        }
      }
      samples[i] = zeros << low;
      at += zeros + 1;
      valid -= zeros + 1;
      // Two shifts: a shift by 32 would do nothing.
      word = (word << zeros) << 1;
    }
    this.lowBits = low;
    this.lowAt = at;
    this.#at = at + low * (length - first);
  }

  /** Pairs (a, b) coded by one number each: (a + b)(a + b + 1) / 2 + b. */
  #readPairs(first: number): void {
    for (let i = 0; i < this.#block; i += 2) {
      const coded = this.#unary();
      let sum = Math.floor((Math.sqrt(8 * coded + 1) - 1) / 2);
      while ((sum * (sum + 1)) / 2 > coded) sum--;
      if (coded > PAIR_MAX) throw new AecFault(AEC_PAIR);
      const second = coded - (sum * (sum + 1)) / 2;
      if (i >= first) this.samples[i] = sum - second;
      this.samples[i + 1] = second;
      if (this.#at > this.#bitsEnd) return;
    }
  }

  #readZeros(first: number): void {
    let blocks = this.#unary() + 1;
    if (blocks === REST_OF_SEGMENT) {
      const toSegment = SEGMENT_BLOCKS - (this.#blockOfInterval % SEGMENT_BLOCKS);
      blocks = Math.min(this.#interval - this.#blockOfInterval, toSegment);
    } else if (blocks > REST_OF_SEGMENT) {
      blocks--;
    }
    if (blocks > this.#interval - this.#blockOfInterval) {
      throw new AecFault(AEC_ZEROS);
    }
    this.samples.fill(0, first);
    this.#zeroBlocks = blocks - 1;
    this.isZero = true;
  }

  /** How many zeros stand before the next one; past the end of the data it counts no further. */
  #unary(): number {
    let zeros = 0;
    for (;;) {
      const at = this.#at;
      if (at >= this.#bitsEnd) {
        this.#at = this.#bitsEnd + 1;
        return zeros;
      }
      const valid = 32 - (at & 7);
      const found = Math.clz32(this.#view.getInt32(at >>> 3) << (at & 7));
      if (found < valid) {
        this.#at = at + found + 1;
        return zeros + found;
      }
      zeros += valid;
      this.#at = at + valid;
    }
  }

  #take(bits: number): number {
    const at = this.#at;
    this.#at = at + bits;
    if (this.#at > this.#bitsEnd) {
      this.#at = this.#bitsEnd + 1;
      return 0;
    }
    const shift = at & 7;
    const start = at >>> 3;
    const word = this.#view.getInt32(start) << shift;
    if (bits + shift <= 32) return word >>> (32 - bits);
    return (word | (this.#view.getUint8(start + 4) >>> (8 - shift))) >>> (32 - bits);
  }
}

/** Adds the low parts of a block whose bits are known to be there. */
function readLow(view: DataView, from: number, low: number, samples: Int32Array, first: number): void {
  const drop = 32 - low;
  for (let i = first, at = from; i < samples.length; i++, at += low) {
    const start = at >>> 3;
    const shift = at & 7;
    let word = view.getInt32(start) << shift;
    if (low + shift > 32) word |= view.getUint8(start + 4) >>> (8 - shift);
    samples[i]! |= word >>> drop;
  }
}
