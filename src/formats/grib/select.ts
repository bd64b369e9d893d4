import { LsioError } from '../../errors.js';
import type { FieldKeys } from './describe.js';
import type { GribField } from './field.js';
import { centreCode } from './names/centres.js';

/** Which fields are taken. All conditions must hold. */
export interface FieldSelection {
  /** Run over `:VAR:LEVEL:TIME:` and what follows, in wgrib2's words. */
  readonly match?: readonly RegExp[];
  /** None of these may match. */
  readonly not?: readonly RegExp[];
  /** ecCodes' keys and the values that each may have. */
  readonly where?: readonly WhereCondition[];
  /** Numbers as in the first column of `grib ls`: `4`, `7.1`; `7` is the whole message. */
  readonly numbers?: ReadonlySet<string> | undefined;
}

export interface WhereCondition {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

type KeyReader = (keys: FieldKeys, field: GribField) => string | number | undefined;

/** The keys of `--where`, under ecCodes' names. */
const KEYS: Readonly<Record<string, KeyReader>> = {
  shortName: (keys) => keys.shortName,
  paramId: (keys) => keys.paramId,
  parameter: (keys) => keys.parameter,
  typeOfLevel: (keys) => keys.typeOfLevel,
  level: (keys) => keys.level,
  topLevel: (keys) => keys.topLevel,
  bottomLevel: (keys) => keys.bottomLevel,
  stepRange: (keys) => keys.stepRange,
  step: (keys) => keys.endStep,
  startStep: (keys) => keys.startStep,
  endStep: (keys) => keys.endStep,
  stepType: (keys) => keys.stepType,
  number: (keys) => keys.member,
  perturbationNumber: (keys) => keys.member,
  centre: (keys) => keys.centreNumber,
  subCentre: (keys) => keys.subcentre,
  packingType: (keys) => keys.packingType,
  gridType: (keys) => keys.gridType,
  numberOfPoints: (keys) => keys.points,
  edition: (keys) => keys.edition,
  discipline: (_, field) => (field.edition === 2 ? field.discipline : undefined),
  parameterCategory: (_, field) => (field.edition === 2 ? field.product[9] : undefined),
  parameterNumber: (_, field) => (field.edition === 2 ? field.product[10] : undefined),
  productDefinitionTemplateNumber: (_, field) =>
    field.edition === 2 ? field.product[7]! * 256 + field.product[8]! : undefined,
  dataDate: ({ date }) => date.slice(0, 10).replaceAll('-', ''),
  dataTime: ({ date }) => Number(date.slice(11, 16).replace(':', '')),
};

/** Parses `key=value,value`. @throws {LsioError} `usage` for a key that lsio does not know. */
export function parseWhere(text: string): WhereCondition {
  const at = text.indexOf('=');
  const key = text.slice(0, at);
  if (at < 1) throw new LsioError('usage', `${JSON.stringify(text)} is not key=value`);
  if (!Object.hasOwn(KEYS, key)) {
    throw new LsioError('usage', `unknown key ${key}`, { remedy: `one of ${Object.keys(KEYS).join(', ')}` });
  }
  const values = text.slice(at + 1).split(',');
  // A centre may be named by its number or by its code.
  return { key, values: new Set(key === 'centre' ? values.map(centreNumber) : values.map(canonical)) };
}

/** Parses a regular expression. @throws {LsioError} `usage` when it is malformed. */
export function parseMatch(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new LsioError('usage', (cause as Error).message, { cause });
  }
}

/** Parses `4,7.1`. @throws {LsioError} `usage` for what is no field number. */
export function parseNumbers(text: string): ReadonlySet<string> {
  const numbers = text.split(',');
  const wrong = numbers.find((number) => !/^[1-9]\d*(\.[1-9]\d*)?$/.test(number));
  if (wrong !== undefined) throw new LsioError('usage', `${JSON.stringify(wrong)} is not a field number`);
  return new Set(numbers);
}

export function isSelected(field: GribField, keys: FieldKeys, selection: FieldSelection): boolean {
  const { match = [], not = [], where = [], numbers } = selection;
  if (numbers !== undefined && !numbers.has(field.number) && !numbers.has(field.number.split('.')[0]!)) return false;
  if (match.length > 0 || not.length > 0) {
    const { variable, level, time, extras } = keys.words;
    const line = `:${[variable, level, time, ...extras].join(':')}:`;
    if (!match.every((pattern) => pattern.test(line)) || not.some((pattern) => pattern.test(line))) return false;
  }
  return where.every(({ key, values }) => values.has(`${KEYS[key]!(keys, field)}`));
}

/** `02.50` as a number prints: `2.5`. */
function canonical(value: string): string {
  return /^[-+]?\d+(\.\d+)?$/.test(value) && !/^0\d/.test(value) ? `${Number(value)}` : value;
}

function centreNumber(value: string): string {
  if (/^\d+$/.test(value)) return `${Number(value)}`;
  for (let centre = 0; centre < 256; centre++) if (centreCode(centre) === value) return `${centre}`;
  throw new LsioError('usage', `unknown centre ${value}`, { remedy: 'its number in WMO code table C-11' });
}
