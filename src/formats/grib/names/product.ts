import { u16 } from '../octets.js';
import { PRODUCT_PARTS, PRODUCT_TEMPLATES } from './tables/products.js';

/** Offset of the first octet after the template's number. */
const TEMPLATE_AT = 9;

/** Where a key lies in section 4. */
interface Place {
  readonly at: number;
  readonly octets: number;
  readonly isSigned: boolean;
}

let parts: Map<string, string> | undefined;
let templates: Map<number, readonly string[]> | undefined;
/** Templates whose keys lie at the same places in every section. */
const fixed = new Map<number, ReadonlyMap<string, Place>>();

/** The keys of a GRIB2 product definition, under ecCodes' names. */
export class Product {
  readonly template: number;
  readonly #bytes: Uint8Array;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(section: Uint8Array) {
    this.#bytes = section;
    this.template = u16(section, 7);
    this.#places = placesOf(section, this.template);
  }

  get category(): number {
    return this.#bytes[9] ?? 255;
  }

  get parameter(): number {
    return this.#bytes[10] ?? 255;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Where a key begins, or `undefined` when the template lacks it. */
  offsetOf(key: string): number | undefined {
    return this.#places.get(key)?.at;
  }

  /** The value of a key; `undefined` when the template or the section lacks it, `NaN` when all its bits are set. */
  get(key: string): number | undefined {
    const place = this.#places.get(key);
    // Behind a list whose count is cut off the place is NaN.
    if (place === undefined || !(place.at + place.octets <= this.#bytes.length)) return undefined;
    return valueAt(this.#bytes, place);
  }

  /** The value of a key, or `otherwise` where it is absent or missing. */
  number(key: string, otherwise: number): number {
    const value = this.get(key);
    return value === undefined || Number.isNaN(value) ? otherwise : value;
  }
}

/** How many values fit into so many octets: a power takes longer than the rest. */
const RANGES = [1, 256, 65_536, 16_777_216, 4_294_967_296];

function valueAt(bytes: Uint8Array, { at, octets, isSigned }: Place): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + bytes[at + i]!;
  const range = RANGES[octets] ?? 2 ** (octets * 8);
  if (value === range - 1 && octets > 1) return Number.NaN;
  if (!isSigned || value < range / 2) return octets === 1 && value === 255 && isSigned ? Number.NaN : value;
  // NOAA writes two's complement here and there: no true magnitude is that large.
  const magnitude = value - range / 2;
  if (octets === 4 && magnitude > 2 ** 30) return value - range;
  return octets === 1 && value === 255 ? Number.NaN : -magnitude;
}

/** Walks the parts of a template. Lists take as much room as their count says; their first element has keys. */
function placesOf(section: Uint8Array, template: number): ReadonlyMap<string, Place> {
  const known = fixed.get(template);
  if (known !== undefined) return known;
  parts ??= new Map(rows(PRODUCT_PARTS));
  templates ??= new Map(rows(PRODUCT_TEMPLATES).map(([name, rest]) => [Number(name), tokensOf(rest, parts!)]));
  const tokens = templates.get(template) ?? [];
  const places = new Map<string, Place>();
  let at = TEMPLATE_AT;
  let list: { from: number; count: number } | undefined;
  for (const token of tokens) {
    const [name = '', size] = token.split(':');
    if (token.startsWith('[')) {
      const count = places.get(token.slice(1));
      list = { from: at, count: count === undefined ? 1 : valueAt(section, count) };
    } else if (token === ']') {
      if (list !== undefined) at = list.from + (at - list.from) * Math.min(list.count, section.length);
      list = undefined;
    } else if (size === undefined) {
      const [alias = '', of = ''] = token.split('@');
      const place = places.get(of);
      if (place !== undefined) places.set(alias, place);
    } else {
      // PDT 4.44 of old has a forecast time of 2 octets: the section is two octets shorter then.
      const isShort = template === 44 && name === 'forecastTime' && section.length - 4 * u16(section, 5) === 45;
      const octets = isShort ? 2 : Math.abs(Number(size));
      if (name !== '') places.set(name, { at, octets, isSigned: size.startsWith('-') });
      at += octets;
    }
  }
  const end = tokens.indexOf(']');
  if (template !== 44 && (end < 0 || end === tokens.length - 1)) fixed.set(template, places);
  return places;
}

function tokensOf(text: string, known: ReadonlyMap<string, string>): string[] {
  return text
    .replace(/\{([^}]*)\}|(\S+)/g, (_, own: string | undefined, name: string) => own ?? known.get(name) ?? '')
    .split(' ')
    .filter((token) => token !== '');
}

/** The first word of each line, and the rest. */
function rows(table: string): [string, string][] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const end = line.indexOf(' ');
      return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
    });
}
