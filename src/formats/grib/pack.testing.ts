import { deflateSync } from 'node:zlib';
import { BitWriter, Octets, type PackedField, packBits, scaling } from './write.testing.js';

/** Packs numbers as the templates of section 5 say. Written from WMO's manual and CCSDS 121.0-B, not from the decoders. */

export interface Scale {
  readonly reference?: number;
  readonly binary?: number;
  readonly decimal?: number;
}

/** The value that a packed number stands for. */
export function valueFor(x: number, { reference = 0, binary = 0, decimal = 0 }: Scale): number {
  return Math.fround((x * 2 ** binary + Math.fround(reference)) * (1 / 10 ** decimal));
}

/** A missing value in what {@link complex} and {@link differenced} pack. */
export const MISSING = undefined;
type Number_ = number | undefined;

/** Template 5.2: groups of the given length, the last one shorter. Missing values are all ones. */
export function complex(numbers: readonly Number_[], groupLength: number, scale: Scale = {}): PackedField {
  const { parameters, data } = groupsOf(numbers, groupLength, scale, new Uint8Array(0), 36);
  return { template: 2, parameters, data, count: numbers.length };
}

/** Template 5.3. Numbers must not be negative; the first ones are stored as they are. */
export function differenced(
  numbers: readonly Number_[],
  order: 1 | 2,
  groupLength: number,
  scale: Scale = {},
): PackedField {
  const present = numbers.filter((x) => x !== undefined);
  const first = present.slice(0, order);
  const differences = present.map((x, i) => {
    if (i < order) return 0;
    return order === 1 ? x - present[i - 1]! : x - 2 * present[i - 1]! + present[i - 2]!;
  });
  const minimum = Math.min(0, ...differences.slice(order));
  let at = 0;
  const packed = numbers.map((x) => (x === undefined ? undefined : at++ < order ? 0 : differences[at - 1]! - minimum));
  const head = new Octets(4 * (order + 1));
  while (first.length < order) first.push(0);
  for (const [i, x] of first.entries()) head.u32(1 + 4 * i, x);
  head.s32(1 + 4 * order, minimum);
  const { parameters, data } = groupsOf(packed, groupLength, scale, head.bytes, 38);
  parameters.set([order, 4], 36);
  return { template: 3, parameters, data, count: numbers.length };
}

function groupsOf(
  numbers: readonly Number_[],
  groupLength: number,
  { reference = 0, binary = 0, decimal = 0 }: Scale,
  head: Uint8Array,
  parameterBytes: number,
): { parameters: Uint8Array; data: Uint8Array } {
  const hasMissing = numbers.includes(undefined);
  const groups: Number_[][] = [];
  for (let at = 0; at < numbers.length; at += groupLength) groups.push(numbers.slice(at, at + groupLength));
  const references = groups.map((group) => Math.min(...group.map((x) => x ?? Number.POSITIVE_INFINITY)));
  const isAbsent = references.map((x) => x === Number.POSITIVE_INFINITY);
  const referenceBits = bitsFor(Math.max(...references.map((x, i) => (isAbsent[i] ? 0 : x)))) + (hasMissing ? 1 : 0);
  const widths = groups.map((group, i) => {
    if (isAbsent[i]) return 0;
    const range = Math.max(...group.map((x) => (x ?? references[i]!) - references[i]!));
    return group.includes(undefined) ? bitsFor(range + 1) : bitsFor(range) + (hasMissing && range > 0 ? 1 : 0);
  });
  const widthBits = bitsFor(Math.max(...widths));
  const values = new BitWriter();
  for (const [i, group] of groups.entries()) {
    const width = widths[i]!;
    for (const x of group) values.add(x === undefined ? 2 ** width - 1 : x - (references[i] ?? 0), width);
  }
  const parameters = scaling(parameterBytes, reference, binary, decimal, referenceBits);
  // Octet n of the section is octet n − 11 here.
  parameters
    .u8(10, 0, 1, hasMissing ? 1 : 0)
    .u32(21, groups.length)
    .u8(25, 0, widthBits);
  parameters.u32(27, groupLength).u8(31, 1).u32(32, groups.at(-1)!.length).u8(36, 0);
  const tables = [
    packBits(
      references.map((x, i) => (isAbsent[i] ? 2 ** referenceBits - 1 : x)),
      referenceBits,
    ),
    packBits(widths, widthBits),
  ];
  return { parameters: parameters.bytes, data: Buffer.concat([head, ...tables, values.done()]) };
}

function bitsFor(x: number): number {
  return x === 0 ? 0 : Math.floor(Math.log2(x)) + 1;
}

/** Template 5.200: `levels` are values times 10^decimal of the levels from 1; numbers are levels, 0 is missing. */
export function runs(
  numbers: readonly number[],
  levels: readonly number[],
  bits: number,
  decimal: number,
): PackedField {
  const max = levels.length;
  const base = 2 ** bits - 1 - max;
  const codes: number[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end] === numbers[at]) end++;
    codes.push(numbers[at]!);
    for (let rest = end - at - 1; rest > 0; rest = Math.floor(rest / base)) codes.push(max + 1 + (rest % base));
    at = end;
  }
  const parameters = new Octets(6 + 2 * max).u8(1, bits).u16(2, max).u16(4, max).u8(6, decimal);
  for (const [i, level] of levels.entries()) parameters.u16(7 + 2 * i, level);
  return { template: 200, parameters: parameters.bytes, data: packBits(codes, bits), count: numbers.length };
}

/** Template 5.41: an image of `bits` a pixel, every row with another filter. */
export function png(
  numbers: readonly number[],
  columns: number,
  bits: 8 | 16 | 24 | 32,
  scale: Scale = {},
): PackedField {
  const { reference = 0, binary = 0, decimal = 0 } = scale;
  const bytes = bits / 8;
  const rows = numbers.length / columns;
  const raw = packBits(numbers, bits);
  const rowBytes = columns * bytes;
  const filtered = new Uint8Array((rowBytes + 1) * rows);
  for (let row = 0; row < rows; row++) {
    const filter = row % 5;
    filtered[row * (rowBytes + 1)] = filter;
    for (let i = 0; i < rowBytes; i++) {
      const at = row * rowBytes + i;
      const left = i < bytes ? 0 : raw[at - bytes]!;
      const above = row === 0 ? 0 : raw[at - rowBytes]!;
      const corner = row === 0 || i < bytes ? 0 : raw[at - rowBytes - bytes]!;
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter]!;
      filtered[row * (rowBytes + 1) + 1 + i] = raw[at]! - guess;
    }
  }
  const [depth, colour] = ({ 8: [8, 0], 16: [16, 0], 24: [8, 2], 32: [8, 6] } as const)[bits];
  const head = new Octets(13).u32(1, columns).u32(5, rows).u8(9, depth, colour, 0, 0, 0).bytes;
  const data = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(filtered)),
    chunk('IEND', new Uint8Array(0)),
  ]);
  return {
    template: 41,
    parameters: scaling(10, reference, binary, decimal, bits).bytes,
    data,
    count: numbers.length,
  };
}

function chunk(type: string, content: Uint8Array): Buffer {
  const head = new Octets(8).u32(1, content.length).u8(5, ...Buffer.from(type));
  // The checksum is not looked at: section 7 has none either.
  return Buffer.concat([head.bytes, content, new Uint8Array(4)]);
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

export interface AecScale extends Scale {
  readonly block?: number;
  readonly interval?: number;
}

/** Template 5.42: each block takes another option, so that all of them are seen. */
export function aec(numbers: readonly number[], bits: number, scale: AecScale = {}): PackedField {
  const { reference = 0, binary = 0, decimal = 0, block = 32, interval = 16 } = scale;
  const blocks: number[][] = [];
  for (let at = 0; at < numbers.length; at += block) {
    const part = numbers.slice(at, at + block);
    while (part.length < block) part.push(part.at(-1)!);
    blocks.push(part);
  }
  const writer = new BitWriter();
  const idBits = bits > 16 ? 5 : bits > 8 ? 4 : 3;
  let last = 0;
  for (let i = 0; i < blocks.length; ) {
    const isFirst = i % interval === 0;
    const mapped = mapBlock(blocks[i]!, isFirst, last, bits);
    const zeros = zeroRun(blocks, i, interval, mapped, isFirst);
    if (zeros > 0) {
      writer.add(0, idBits + 1);
      if (isFirst) writer.add(mapped[0]!, bits);
      const restOfSegment = i + zeros === Math.min(i - (i % interval) + interval, blocks.length) && zeros > 4;
      writer.add(1, restOfSegment ? 5 : zeros > 4 ? zeros + 1 : zeros);
    } else {
      writeBlock(writer, mapped, isFirst, bits, idBits, i);
    }
    i += Math.max(zeros, 1);
    last = blocks[i - 1]!.at(-1)!;
  }
  const parameters = scaling(14, reference, binary, decimal, bits).u8(11, 14, block).u16(13, interval);
  return { template: 42, parameters: parameters.bytes, data: writer.done(), count: numbers.length };
}

/** How many blocks from here are all zeros, up to the interval's end; a partial interval must end the data. */
function zeroRun(blocks: number[][], from: number, interval: number, mapped: number[], isFirst: boolean): number {
  if (mapped.slice(isFirst ? 1 : 0).some((x) => x !== 0)) return 0;
  const value = blocks[from]!.at(-1)!;
  const end = Math.min(from - (from % interval) + interval, blocks.length);
  let to = from + 1;
  while (to < end && blocks[to]!.every((x) => x === value)) to++;
  // The code for "the rest of the segment" means whole intervals: stop short of one that is cut off.
  return to - from > 4 && to === blocks.length && to % interval !== 0 ? 4 : to - from;
}

function mapBlock(samples: readonly number[], isFirst: boolean, before: number, bits: number): number[] {
  const max = 2 ** bits - 1;
  let last = before;
  return samples.map((x, i) => {
    if (isFirst && i === 0) {
      last = x;
      return x;
    }
    const difference = x - last;
    const room = Math.min(last, max - last);
    last = x;
    if (Math.abs(difference) > room) return Math.abs(difference) + room;
    return difference >= 0 ? 2 * difference : -2 * difference - 1;
  });
}

function writeBlock(
  writer: BitWriter,
  mapped: readonly number[],
  isFirst: boolean,
  bits: number,
  idBits: number,
  index: number,
): void {
  const coded = isFirst ? mapped.slice(1) : mapped;
  const largest = Math.max(...coded);
  const low = Math.max(0, bitsFor(largest) - 3);
  const pairs = [...(isFirst ? [0] : []), ...coded];
  const isSmall = largest <= 5;
  if (index % 3 === 1 && isSmall) {
    writer.add(0, idBits);
    writer.add(1, 1);
    if (isFirst) writer.add(mapped[0]!, bits);
    for (let i = 0; i < pairs.length; i += 2) {
      const [a, b] = [pairs[i]!, pairs[i + 1]!];
      writer.add(1, ((a + b) * (a + b + 1)) / 2 + b + 1);
    }
  } else if (index % 5 === 4 || low + 1 >= 2 ** idBits - 1) {
    writer.add(2 ** idBits - 1, idBits);
    for (const x of mapped) writer.add(x, bits);
  } else {
    writer.add(low + 1, idBits);
    if (isFirst) writer.add(mapped[0]!, bits);
    for (const x of coded) writer.add(1, Math.floor(x / 2 ** low) + 1);
    for (const x of coded) writer.add(x % 2 ** low, low);
  }
}
