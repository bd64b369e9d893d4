/** Writes GRIB2 messages, from WMO's tables and not from the reader: octet numbers here are 1-based, as printed there. */

/** A section's octets: `at` is 1-based. */
export class Octets {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(at: number, ...values: number[]): this {
    this.bytes.set(values, at - 1);
    return this;
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at - 1, value);
    return this;
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at - 1, value);
    return this;
  }

  u64(at: number, value: number | bigint): this {
    this.#view.setBigUint64(at - 1, BigInt(value));
    return this;
  }

  f32(at: number, value: number): this {
    this.#view.setFloat32(at - 1, value);
    return this;
  }

  /** Sign and magnitude. */
  s16(at: number, value: number): this {
    return this.u16(at, value < 0 ? 0x8000 - value : value);
  }

  s32(at: number, value: number): this {
    return this.u32(at, value < 0 ? 0x80000000 - value : value);
  }
}

/** Packed values: the octets of section 5 from 12 on, and section 7's data. */
export interface PackedField {
  readonly template: number;
  readonly parameters: Uint8Array;
  readonly data: Uint8Array;
  /** Values packed. */
  readonly count: number;
}

export interface WrittenField {
  readonly packed: PackedField;
  readonly columns: number;
  readonly rows: number;
  readonly scanning?: number;
  /** One bit a point; `'before'` repeats the last one of the message. */
  readonly bitmap?: readonly boolean[] | 'before';
  readonly category?: number;
  readonly parameter?: number;
  readonly surface?: readonly [type: number, scale: number, value: number];
  readonly hours?: number;
  /** Written into section 2 before the grid. */
  readonly local?: Uint8Array;
}

/** Numbers as `bits` bits each, the last octet padded with zeros. */
export function packBits(numbers: readonly number[], bits: number): Uint8Array {
  const writer = new BitWriter();
  for (const number of numbers) writer.add(number, bits);
  return writer.done();
}

export class BitWriter {
  readonly #bytes: number[] = [];
  #current = 0;
  #filled = 0;

  add(number: number, bits: number): void {
    for (let left = bits; left > 0; ) {
      const taken = Math.min(8 - this.#filled, left);
      left -= taken;
      this.#current = (this.#current << taken) | (Math.floor(number / 2 ** left) % 2 ** taken);
      this.#filled += taken;
      if (this.#filled === 8) this.pad();
    }
  }

  /** Fills the octet with zeros. */
  pad(): void {
    if (this.#filled > 0) this.#bytes.push(this.#current << (8 - this.#filled));
    this.#current = 0;
    this.#filled = 0;
  }

  done(): Uint8Array {
    this.pad();
    return Uint8Array.from(this.#bytes);
  }
}

/** Octets 12 to 20 of the templates that scale: R, E, D and the bits. */
export function scaling(length: number, reference: number, binary: number, decimal: number, bits: number): Octets {
  const octets = new Octets(length);
  // The section's octet 12 is the first of these.
  return octets.f32(1, reference).s16(5, binary).s16(7, decimal).u8(9, bits);
}

/** Template 5.0. */
export function simple(numbers: readonly number[], bits: number, reference = 0, binary = 0, decimal = 0): PackedField {
  const parameters = scaling(10, reference, binary, decimal, bits).bytes;
  return { template: 0, parameters, data: packBits(numbers, bits), count: numbers.length };
}

/** A message with one field or several. */
export function gribTwo(...fields: WrittenField[]): Uint8Array {
  const sections = fields.flatMap((field, i) => sectionsOf(field, i === 0));
  const body = Buffer.concat([identification(), ...sections]);
  const indicator = new Octets(16).u8(1, 0x47, 0x52, 0x49, 0x42, 0, 0, 0, 2).u64(9, 16 + body.length + 4);
  return Uint8Array.from(Buffer.concat([indicator.bytes, body, Buffer.from('7777')]));
}

export interface WrittenOne {
  readonly numbers: readonly number[];
  readonly bits: number;
  readonly columns: number;
  readonly rows: number;
}

/** A message of edition 1: centre 98, 2 m temperature, simple packing with reference 0, from 60° N and 10° E. */
export function gribOne({ numbers, bits, columns, rows }: WrittenOne): Uint8Array {
  const product = new Octets(28).u16(2, 28).u8(4, 128, 98, 1, 255, 0x80, 167, 1);
  product.u8(13, 24, 2, 29, 6, 0, 1).u8(25, 21);
  const grid = new Octets(32).u16(2, 32).u8(5, 255, 0).u16(7, columns).u16(9, rows);
  const degrees = (at: number, value: number) => grid.u8(at, value >>> 16).u16(at + 1, value & 0xffff);
  degrees(11, 60_000);
  degrees(14, 10_000);
  degrees(18, 60_000 - (rows - 1) * 1000);
  degrees(21, 10_000 + (columns - 1) * 1000);
  grid.u8(17, 0x80).u16(24, 1000).u16(26, 1000);
  const packed = packBits(numbers, bits);
  // Sections have an even length.
  const length = 11 + packed.length + ((11 + packed.length) % 2);
  const data = new Octets(length)
    .u16(2, length)
    .u8(4, length * 8 - 88 - numbers.length * bits)
    .u8(11, bits);
  data.bytes.set(packed, 11);
  const body = Buffer.concat([product.bytes, grid.bytes, data.bytes, Buffer.from('7777')]);
  const indicator = new Octets(8)
    .u8(1, 0x47, 0x52, 0x49, 0x42)
    .u16(6, 8 + body.length)
    .u8(8, 1);
  return Uint8Array.from(Buffer.concat([indicator.bytes, body]));
}

/** Centre 7, 2024-02-29 06:00. */
function identification(): Uint8Array {
  const octets = new Octets(21).u32(1, 21).u8(5, 1).u16(6, 7).u8(10, 2, 1, 1);
  return octets.u16(13, 2024).u8(15, 2, 29, 6, 0, 0, 0, 1).bytes;
}

function sectionsOf(field: WrittenField, isFirst: boolean): Uint8Array[] {
  const { packed, bitmap, local } = field;
  const sections = local === undefined ? [] : [section(2, local)];
  // A later field repeats what differs only; a section 2 must be followed by a grid.
  if (isFirst || local !== undefined) sections.push(latLonGrid(field));
  sections.push(product(field));
  const representation = new Octets(11 + packed.parameters.length).u32(6, packed.count).u16(10, packed.template);
  representation.bytes.set(packed.parameters, 11);
  sections.push(numbered(representation, 5));
  const indicator = bitmap === undefined ? 255 : bitmap === 'before' ? 254 : 0;
  const bits = Array.isArray(bitmap) ? packBits(bitmap.map(Number), 1) : new Uint8Array(0);
  sections.push(section(6, Buffer.concat([Uint8Array.of(indicator), bits])));
  sections.push(section(7, packed.data));
  return sections;
}

export function section(number: number, content: Uint8Array): Uint8Array {
  const octets = new Octets(5 + content.length).u32(1, 5 + content.length).u8(5, number);
  octets.bytes.set(content, 5);
  return octets.bytes;
}

function numbered(octets: Octets, number: number): Uint8Array {
  return octets.u32(1, octets.bytes.length).u8(5, number).bytes;
}

/** Template 3.0: latitude 60 to 60 − rows + 1, longitude 10 to 10 + columns − 1, one degree apart. */
function latLonGrid({ rows, columns, scanning = 0 }: WrittenField): Uint8Array {
  const octets = new Octets(72)
    .u32(7, rows * columns)
    .u8(15, 6)
    .u32(31, columns)
    .u32(35, rows);
  const [north, south] = [60e6, (60 - rows + 1) * 1e6];
  const [west, east] = [10e6, (10 + columns - 1) * 1e6];
  const [la1, la2] = scanning & 0x40 ? [south, north] : [north, south];
  const [lo1, lo2] = scanning & 0x80 ? [east, west] : [west, east];
  octets.u32(43, 0xffffffff).s32(47, la1).u32(51, lo1).u8(55, 48).s32(56, la2).u32(60, lo2);
  return numbered(octets.u32(64, 1e6).u32(68, 1e6).u8(72, scanning), 3);
}

/** Template 4.0. */
function product({ category = 0, parameter = 0, surface = [103, 0, 2], hours = 0 }: WrittenField): Uint8Array {
  const octets = new Octets(34).u8(10, category, parameter, 2, 0, 96).u8(18, 1).u32(19, hours);
  octets.u8(23, surface[0], surface[1]).u32(25, surface[2]).u8(29, 255, 255).u32(31, 0xffffffff);
  return numbered(octets, 4);
}
