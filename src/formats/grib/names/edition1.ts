import type { GribField } from '../field.js';
import { FieldShape } from '../field-shape.js';
import { u16 } from '../octets.js';
import { centreCode } from './centres.js';
import { type Described, type InventoryWords, isoDate } from './described.js';
import { stepsOf } from './steps.js';
import { LEVEL_TYPES_ONE } from './tables/levels1.js';
import { PARAMETERS_ONE } from './tables/parameters1.js';
import { levelText, operationText, unitText } from './texts.js';

const ECMWF = 98;
/** WMO's tables 1 to 3 are versions of one. */
const WMO_TABLE = 3;
const NO_SURFACE = { type: 255, value: Number.NaN };

let levelTypes: Map<number, string> | undefined;
let tables: Map<string, string> | undefined;

/** Names a GRIB1 field. */
export function describeOne(field: GribField): Described & FieldShape {
  const { product } = field;
  const centre = product[4]!;
  const name = nameOf(centre, product[3]!, product[8]!);
  const numbers = `${product[3]}.${product[8]}`;
  const levels = levelsOf(product);
  const steps = timeOf(product);
  const century = product[24]! - (product[12] === 100 ? 0 : 1);
  const described: Described = {
    centre: centreCode(centre),
    centreNumber: centre,
    subcentre: product[25]!,
    parameter: numbers,
    shortName: name?.shortName ?? numbers,
    paramId: name?.paramId ?? 0,
    typeOfLevel: levels.type,
    level: levels.top,
    topLevel: levels.top,
    bottomLevel: levels.bottom,
    date: isoDate(century * 100 + product[12]!, product[13]!, product[14]!, product[15]!, product[16]!, 0),
    ...steps,
    stepType: STEP_TYPES[product[20]!] ?? 'instant',
    member: memberOf(product, centre),
    words: wordsOf(product, name?.shortName ?? `var ${numbers} center=${centre}`, levels),
  };
  return Object.assign(new FieldShape(field), described);
}

/** Local definitions of ECMWF that begin with the ensemble member, in one octet or in two. */
const MEMBER_OCTET = new Set([1, 13, 14, 17, 18, 19, 26, 27, 28, 30, 31, 36, 37, 40, 49, 50, 218, 244, 245]);
const MEMBER_OCTETS = new Set([12, 15, 16, 23]);

/** The ensemble member, from octet 50 on. Other centres' data in ECMWF's archive have its local definitions, too. */
function memberOf(product: Uint8Array, centre: number): number | undefined {
  if ((centre !== ECMWF && product[25] !== ECMWF) || product.length < 51) return undefined;
  const definition = product[40]!;
  if (MEMBER_OCTET.has(definition)) return product[49];
  return MEMBER_OCTETS.has(definition) ? u16(product, 49) : undefined;
}

function nameOf(centre: number, table: number, parameter: number): { shortName: string; paramId: number } | undefined {
  tables ??= new Map(
    PARAMETERS_ONE.slice(1, -1)
      .split('\n')
      .map((line) => {
        const end = line.indexOf(' ', line.indexOf(' ') + 1);
        return [line.slice(0, end), line.slice(end)];
      }),
  );
  // WMO's own tables come first, then the centre's; ECMWF's serve all centres.
  const numbers = table < WMO_TABLE ? [table, WMO_TABLE] : [table];
  for (const origin of ['', centre, ECMWF]) {
    for (const number of numbers) {
      const found = new RegExp(` ${parameter},([^, ]+),(\\d*)`).exec(tables.get(`${origin} ${number}`) ?? '');
      if (found !== null) return { shortName: found[1]!, paramId: Number(found[2]) };
    }
  }
  return undefined;
}

interface Levels {
  readonly type: string;
  readonly code: number;
  readonly top: number;
  readonly bottom: number;
}

/** Level types whose two octets are a top and a bottom. */
const LAYERS = new Set([101, 104, 106, 108, 110, 112, 114, 116, 120, 121, 128, 141]);

function levelsOf(product: Uint8Array): Levels {
  levelTypes ??= new Map(
    LEVEL_TYPES_ONE.trim()
      .split('\n')
      .map((line) => [Number(line.split(' ')[1]), line.split(' ')[0]!]),
  );
  const code = product[9]!;
  const type = levelTypes.get(code) ?? 'unknown';
  if (LAYERS.has(code)) return { type, code, top: product[10]!, bottom: product[11]! };
  const value = u16(product, 10);
  return { type, code, top: value, bottom: value };
}

/** GRIB1's level types as GRIB2's: the type, the factor to its unit. */
const SURFACES: Readonly<Record<number, readonly [type: number, factor: number]>> = {
  20: [20, 0.01],
  100: [100, 100],
  101: [100, 1000],
  102: [101, 1],
  103: [102, 1],
  104: [102, 100],
  105: [103, 1],
  106: [103, 100],
  107: [104, 1e-4],
  108: [104, 0.01],
  109: [105, 1],
  110: [105, 1],
  111: [106, 0.01],
  112: [106, 0.01],
  113: [107, 1],
  115: [108, 100],
  116: [108, 100],
  117: [109, 1e-9],
  119: [111, 1e-4],
  125: [103, 0.01],
  160: [160, 1],
  200: [10, 1],
  210: [100, 1],
};
/** Octets of a section 1 with what all editions have. */
const RANGES: Readonly<Record<number, number>> = { 3: 0, 4: 1, 5: 4 };
const STEP_TYPES: Readonly<Record<number, string>> = { 2: 'instant', 3: 'avg', 4: 'accum', 5: 'diff', 113: 'avg' };

function wordsOf(product: Uint8Array, variable: string, { code, top, bottom }: Levels): InventoryWords {
  const [type, factor] = SURFACES[code] ?? (code < 10 ? [code, 1] : [0, 1]);
  const first = { type, value: top * factor };
  const second = LAYERS.has(code) ? { type, value: bottom * factor } : NO_SURFACE;
  const level = type === 0 ? `level type ${code} ${u16(product, 10)}` : levelText(first, second, product[4]!);
  return { variable, level, time: timeText(product), extras: [] };
}

function timeOf(product: Uint8Array) {
  const [, unit, p1, p2] = timeOctets(product);
  const isRange = product[20]! >= 2 && product[20]! <= 5;
  return stepsOf(p1, unit, isRange ? p2 - p1 : undefined, unit);
}

/** The time range indicator, the unit as in GRIB2, P1 and P2. */
function timeOctets(product: Uint8Array): [indicator: number, unit: number, p1: number, p2: number] {
  const indicator = product[20]!;
  const unit = product[17] === 254 ? 13 : product[17] === 13 ? 14 : product[17] === 14 ? 15 : product[17]!;
  if (indicator === 10) return [indicator, unit, u16(product, 18), 0];
  return [indicator, unit, indicator === 1 ? 0 : product[18]!, product[19]!];
}

function timeText(product: Uint8Array): string {
  const [indicator, unit, p1, p2] = timeOctets(product);
  if (indicator >= 2 && indicator <= 5) {
    const range = RANGES[indicator];
    return `${p1}-${p2} ${unitText(unit)}${range === undefined ? '' : ` ${operationText(range)}`} fcst`;
  }
  return p1 === 0 ? 'anl' : `${p1} ${unitText(unit)} fcst`;
}
