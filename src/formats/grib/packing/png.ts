import { inflateSync } from 'node:zlib';
import { gribError } from '../fault.js';
import { asciiIs, u32 } from '../octets.js';
import { checkHeader, fillConstant, type Packed, SLACK_BYTES, scalingOf } from './packed.js';
import { unpackScaled } from './simple.js';

const SIGNATURE_BYTES = 8;
const CHUNK_BYTES = 12;
/** Samples a pixel by PNG's colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 6: 4 };

/** Template 5.41: the packed numbers are the pixels of a PNG image, grey, RGB or RGBA. */
export function unpackPng(packed: Packed, out: Float32Array): void {
  checkHeader(packed.header, 21);
  const scaling = scalingOf(packed.header);
  if (scaling.bits === 0) return fillConstant(out, packed.count, scaling.reference);
  const { width, height, bits, chunks } = chunksOf(packed.bytes.subarray(0, packed.length));
  if (width * height < packed.count) {
    throw gribError('png', `the image has ${width} x ${height} pixels, section 5 says ${packed.count} values`);
  }
  const rowBytes = Math.ceil((width * bits) / 8);
  const rows = Math.ceil(packed.count / width);
  const filtered = inflate(chunks, (rowBytes + 1) * height);
  if (filtered.length < (rowBytes + 1) * rows) throw gribError('png', 'the image ends before its rows do');
  const pixels = new Uint8Array(rowBytes * rows + SLACK_BYTES);
  unfilter(filtered, pixels, rowBytes, rows, Math.max(1, bits >>> 3));
  // The width of a pixel, not octet 20, tells where numbers lie.
  const rowValues = (rowBytes * 8) / bits;
  if (rowValues === width) {
    unpackScaled({ ...packed, bytes: pixels, length: rowBytes * rows }, { ...scaling, bits }, out);
    return;
  }
  for (let row = 0, from = 0; row < rows; row++, from += width) {
    const count = Math.min(width, packed.count - from);
    const bytes = pixels.subarray(row * rowBytes);
    unpackScaled({ ...packed, bytes, length: rowBytes, count }, { ...scaling, bits }, out.subarray(from, from + count));
  }
}

interface Image {
  readonly width: number;
  readonly height: number;
  /** Bits a pixel: 1 to 32. */
  readonly bits: number;
  readonly chunks: readonly Uint8Array[];
}

function chunksOf(bytes: Uint8Array): Image {
  if (bytes.length < 33 || !asciiIs(bytes, 1, 'PNG') || !asciiIs(bytes, 12, 'IHDR')) {
    throw gribError('png', 'the data section is no PNG image');
  }
  const width = u32(bytes, 16);
  const height = u32(bytes, 20);
  const [depth, colour, , , interlace] = bytes.subarray(24, 29) as unknown as number[];
  const channels = CHANNELS[colour!];
  const bits = depth! * (channels ?? 0);
  if (
    channels === undefined ||
    interlace !== 0 ||
    ![1, 2, 4, 8, 16, 24, 32].includes(bits) ||
    (channels > 1 && depth !== 8)
  ) {
    throw gribError('template', `a PNG image of type ${colour}, depth ${depth}, interlace ${interlace}`);
  }
  if (width === 0 || height === 0) throw gribError('png', `a PNG image of ${width} x ${height} pixels`);
  const chunks: Uint8Array[] = [];
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length; ) {
    const length = u32(bytes, at);
    if (at + CHUNK_BYTES + length > bytes.length) break;
    if (asciiIs(bytes, at + 4, 'IDAT')) chunks.push(bytes.subarray(at + 8, at + 8 + length));
    at += CHUNK_BYTES + length;
  }
  return { width, height, bits, chunks };
}

function inflate(chunks: readonly Uint8Array[], lengthMax: number): Uint8Array {
  try {
    return inflateSync(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), { maxOutputLength: lengthMax });
  } catch (cause) {
    throw gribError('png', `the image can't be inflated: ${(cause as Error).message}`);
  }
}

/** Undoes PNG's filters: each row begins with the number of its filter. `step` is the bytes of a pixel. */
function unfilter(source: Uint8Array, target: Uint8Array, rowBytes: number, rows: number, step: number): void {
  for (let row = 0; row < rows; row++) {
    const from = row * (rowBytes + 1) + 1;
    const to = row * rowBytes;
    const filter = source[from - 1]!;
    if (filter > 4) throw gribError('png', `row ${row} of the image has filter ${filter}`);
    unfilterRow(filter, source.subarray(from, from + rowBytes), target, to, rowBytes, row === 0, step);
  }
}

function unfilterRow(
  filter: number,
  source: Uint8Array,
  target: Uint8Array,
  to: number,
  rowBytes: number,
  isFirst: boolean,
  step: number,
): void {
  const up = to - rowBytes;
  // Above the first row is nothing: filter 2 does nothing there, and 4 is the same as 1.
  if (filter === 0 || (filter === 2 && isFirst)) {
    target.set(source, to);
  } else if (filter === 1 || (filter === 4 && isFirst)) {
    target.set(source.subarray(0, step), to);
    for (let i = step; i < rowBytes; i++) target[to + i] = source[i]! + target[to + i - step]!;
  } else if (filter === 2) {
    for (let i = 0; i < rowBytes; i++) target[to + i] = source[i]! + target[up + i]!;
  } else if (filter === 3) {
    for (let i = 0; i < rowBytes; i++) {
      const left = i < step ? 0 : target[to + i - step]!;
      const above = isFirst ? 0 : target[up + i]!;
      target[to + i] = source[i]! + ((left + above) >>> 1);
    }
  } else {
    for (let i = 0; i < step; i++) target[to + i] = source[i]! + target[up + i]!;
    for (let i = step; i < rowBytes; i++) {
      target[to + i] = source[i]! + nearest(target[to + i - step]!, target[up + i]!, target[up + i - step]!);
    }
  }
}

/** Paeth's predictor. */
function nearest(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
