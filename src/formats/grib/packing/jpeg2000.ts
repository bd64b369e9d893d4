import { decodeJpeg2000 } from '../../../native/openjpeg.js';
import { gribError } from '../fault.js';
import { checkHeader, fillConstant, type Packed, scalingOf } from './packed.js';

/** Template 5.40: the packed numbers are the samples of a JPEG 2000 codestream with one component. */
export function unpackJpeg2000(packed: Packed, out: Float32Array): void {
  const { header, count } = packed;
  checkHeader(header, 21);
  const { reference, binary, decimal, bits } = scalingOf(header);
  if (bits === 0 || packed.length === 0) return fillConstant(out, count, reference);
  const samples = decodeJpeg2000(packed.bytes.subarray(0, packed.length), count);
  if (typeof samples === 'string') throw gribError('jpeg2000', samples);
  for (let i = 0; i < count; i++) out[i] = (samples[i]! * binary + reference) * decimal;
}
