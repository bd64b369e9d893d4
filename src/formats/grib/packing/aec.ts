import { makeWorkspace, WORKSPACE_BYTES_MAX } from '../../../codec/workspace.js';
import { aecScratchBytes, decodeAecStream } from '../../../kernels/aec.js';
import { AEC_PAIR, AEC_ZEROS, type AecOptions } from '../../../kernels/aec-blocks.js';
import { gribError } from '../fault.js';
import { u16 } from '../octets.js';
import { checkHeader, fillConstant, type Packed, type Scaling, scalingOf, viewOfPacked } from './packed.js';

/** Bit positions are 32-bit. */
const DATA_BYTES_MAX = 2 ** 28 - 8;
const SIGNED = 1;
/** Below this many values copying costs more than it saves. */
const KERNEL_COUNT_MIN = 4096;
/** Behind the stream, and between the ranges. */
const SLACK = 16;

const workspace = makeWorkspace();

/** Template 5.42: CCSDS 121.0-B. @throws {LsioError} codes `template`, `section`, `aec`. */
export function unpackAec(packed: Packed, out: Float32Array): void {
  const { header, count, length } = packed;
  checkHeader(header, 25);
  const scaling = scalingOf(header);
  const { bits } = scaling;
  if (bits === 0) return fillConstant(out, count, scaling.reference);
  if (length > DATA_BYTES_MAX) throw gribError('aec', `a data section of ${length} bytes is too long`);
  const options = { bits, flags: header[21]!, block: header[22]!, interval: u16(header, 23) };
  check(options);
  const values = out.subarray(0, count);
  const fault =
    count >= KERNEL_COUNT_MIN && workBytes(packed, options) <= WORKSPACE_BYTES_MAX
      ? byKernel(packed, options, scaling, values)
      : decodeAecStream(viewOfPacked(packed), length, options, scaling, values);
  if (fault === 0) return;
  if (fault === AEC_PAIR) throw gribError('aec', 'a pair of samples is coded by too large a number');
  if (fault === AEC_ZEROS) throw gribError('aec', 'blocks of zeros pass the end of their interval');
  throw gribError('aec', 'the CCSDS stream ends before its values do');
}

/** @throws {LsioError} codes `template` and `aec` for options that lsio does not read. */
function check({ bits, flags, block, interval }: AecOptions): void {
  if (flags & SIGNED) throw gribError('template', `CCSDS with ${bits} bits, flags ${flags}`);
  if (block < 8 || block > 64 || block % 8 !== 0 || interval < 1 || interval > 4096) {
    throw gribError('aec', `CCSDS blocks of ${block} samples, intervals of ${interval} blocks`);
  }
}

/** The stream, scratch, and whole blocks of values. */
function workBytes({ length, count }: Packed, { block }: AecOptions): number {
  return length + aecScratchBytes(length) + (count + block) * 4 + 3 * SLACK;
}

/** Copies the stream in and the values out: the kernel is faster by more than that costs. */
function byKernel(packed: Packed, options: AecOptions, scaling: Scaling, out: Float32Array): number {
  const { length, count, bytes: source } = packed;
  const { kernels, bytes } = workspace(workBytes(packed, options));
  const target = 0;
  const stream = Math.ceil(((count + options.block) * 4) / SLACK) * SLACK;
  const scratch = stream + length + SLACK;
  bytes.set(source.subarray(0, length), stream);
  const { bits, flags, block, interval } = options;
  const { reference, binary, decimal } = scaling;
  const fault = kernels.decodeAec(
    ...([target, count, stream, length, scratch, bits, flags, block, interval] as const),
    ...([reference, binary, decimal] as const),
  );
  if (fault === 0) out.set(new Float32Array(bytes.buffer, target, count));
  return fault;
}
