import { AecBlocks, AecFault, type AecOptions } from './aec-blocks.js';

/** Decodes CCSDS 121.0-B streams (lossless compression of whole numbers), as libaec writes them. */
export interface AecKernels {
  /**
   * Decodes a stream and scales its samples: (X × binary + reference) × decimal, as float32. The source may hold anything.
   *
   * @param target room for `count` floats, rounded up to whole blocks.
   * @param source followed by at least 16 readable bytes.
   * @param scratch {@link aecScratchBytes} bytes. The three ranges must not overlap.
   * @param bits, `flags`, `block`, `interval` as {@link AecOptions} has them.
   * @returns 0, or what is wrong with the stream: `AEC_ENDS`, `AEC_PAIR`, `AEC_ZEROS`. Then the target may hold anything.
   */
  decodeAec(
    target: number,
    count: number,
    source: number,
    sourceBytes: number,
    scratch: number,
    bits: number,
    flags: number,
    block: number,
    interval: number,
    reference: number,
    binary: number,
    decimal: number,
  ): number;
}

export interface AecScaling {
  readonly reference: number;
  readonly binary: number;
  readonly decimal: number;
}

/** A copy of the source, and the samples of a block. */
export function aecScratchBytes(sourceBytes: number): number {
  return sourceBytes + 320;
}

export function aecKernels(buffer: ArrayBuffer): AecKernels {
  return {
    decodeAec(target, count, source, sourceBytes, _, bits, flags, block, interval, reference, binary, decimal) {
      const view = new DataView(buffer, source, sourceBytes + 8);
      // The target need not be aligned.
      const out = target % 4 === 0 ? new Float32Array(buffer, target, count) : new Float32Array(count);
      const scaling = { reference, binary, decimal };
      const fault = decodeAecStream(view, sourceBytes, { bits, flags, block, interval }, scaling, out);
      if (target % 4 !== 0) new Uint8Array(buffer).set(new Uint8Array(out.buffer), target);
      return fault;
    },
  };
}

/**
 * The same without a memory of its own.
 *
 * @param view the stream, and at least 4 bytes more.
 * @param out is filled.
 */
export function decodeAecStream(
  view: DataView,
  sourceBytes: number,
  options: AecOptions,
  scaling: AecScaling,
  out: Float32Array,
): number {
  const blocks = new AecBlocks(view, sourceBytes, options);
  try {
    if (!blocks.preprocessed) unpackPlain(blocks, scaling, out);
    else if (options.bits > 25) unpackLarge(blocks, options.bits, scaling, out);
    else unpackUsual(blocks, view, options.bits, scaling, out);
    return 0;
  } catch (error) {
    if (error instanceof AecFault) return error.fault;
    throw error;
  }
}

function unpackPlain(blocks: AecBlocks, { reference, binary, decimal }: AecScaling, out: Float32Array): void {
  const { samples } = blocks;
  const count = out.length;
  for (let i = 0; i < count; ) {
    blocks.next();
    const end = Math.min(i + samples.length, count);
    for (let j = 0; i < end; i++, j++) out[i] = ((samples[j]! >>> 0) * binary + reference) * decimal;
  }
}

/** Preprocessed samples of up to 25 bits: differences are undone while the low bits are read. */
function unpackUsual(blocks: AecBlocks, view: DataView, bits: number, scaling: AecScaling, out: Float32Array): void {
  const { reference, binary, decimal } = scaling;
  const count = out.length;
  const { samples } = blocks;
  // As integers: with doubles all of the loop would compute in doubles.
  const max = (2 ** bits - 1) | 0;
  const half = (2 ** (bits - 1)) | 0;
  let last = 0;
  for (let i = 0; i < count; ) {
    blocks.nextHigh();
    const end = Math.min(i + samples.length, count);
    let j = 0;
    if (blocks.startsInterval) {
      last = samples[j++]!;
      out[i++] = (last * binary + reference) * decimal;
    }
    if (blocks.isZero) {
      out.fill((last * binary + reference) * decimal, i, end);
      i = end;
      continue;
    }
    const low = blocks.lowBits | 0;
    // A shift by 32 is one by 0: without low bits the word is shifted out in two steps.
    const drop = low === 0 ? 31 : 32 - low;
    const rest = low === 0 ? 1 : 0;
    let at = blocks.lowAt | 0;
    for (; i < end; i++, j++, at += low) {
      const mapped = samples[j]! | (((view.getInt32(at >>> 3) << (at & 7)) >>> drop) >>> rest);
      // The room to the nearer bound is coded to either side in turn, the rest to the one side left.
      const isLower = last < half;
      const room = isLower ? last : (max - last) | 0;
      if ((mapped + 1) >> 1 <= room) last = (last + ((mapped >> 1) ^ (0 - (mapped & 1)))) | 0;
      else last = isLower ? mapped : (max - mapped) | 0;
      out[i] = (last * binary + reference) * decimal;
    }
  }
}

/** The same for samples that need more than 25 bits. */
function unpackLarge(blocks: AecBlocks, bits: number, scaling: AecScaling, out: Float32Array): void {
  const { reference, binary, decimal } = scaling;
  const count = out.length;
  const { samples } = blocks;
  const max = 2 ** bits - 1;
  const half = 2 ** (bits - 1);
  let last = 0;
  for (let i = 0; i < count; ) {
    blocks.next();
    for (let j = 0; j < samples.length && i < count; j++, i++) {
      const mapped = samples[j]! >>> 0;
      if (blocks.startsInterval && j === 0) {
        last = mapped;
      } else {
        const room = last < half ? last : max - last;
        if (Math.ceil(mapped / 2) <= room) last += mapped % 2 === 0 ? mapped / 2 : -(mapped + 1) / 2;
        else last = last < half ? mapped : max - mapped;
      }
      out[i] = (last * binary + reference) * decimal;
    }
  }
}
