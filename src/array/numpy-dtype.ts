import {
  type DType,
  type Field,
  fixedDType,
  ITEM_BYTES_MAX,
  plainDType,
  recordDType,
  TIME_UNITS,
  type TimeUnit,
  timeDType,
} from './dtype.js';

import { type JsonValue, shownJson } from './exact-json.js';

/** A dtype, and the byte order in which it is stored. */
export interface StoredDType {
  readonly dtype: DType;
  readonly bigEndian: boolean;
}

const CODES: Readonly<Record<string, 'bool' | 'int' | 'uint' | 'float' | 'complex'>> = {
  b: 'bool',
  i: 'int',
  u: 'uint',
  f: 'float',
  c: 'complex',
};
const SIZES: Readonly<Record<string, readonly number[]>> = {
  b: [1],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [2, 4, 8],
  c: [8, 16],
};
const RECORD_DEPTH_MAX = 16;

/**
 * The dtype that numpy writes as `<f4`, `|S7`, `<M8[ns]`, or as a list of fields: in Zarr v2 and in npy files.
 *
 * @returns the dtype, or text that says what is not understood.
 */
export function parseNumpyDType(descr: unknown, depth = 0): StoredDType | string {
  if (Array.isArray(descr)) return parseRecord(descr, depth);
  if (typeof descr !== 'string') return `dtype ${shownJson(descr as JsonValue)} is neither text nor a list of fields`;
  const match = /^([<>|=]?)([biufcmMSUVO])(\d*)(?:\[(\d*)([A-Za-zμ]+)\])?$/.exec(descr);
  if (match === null) return `dtype ${JSON.stringify(descr)} is not known`;
  const [, order = '', code = '', digits = '', count, unit] = match;
  const size = Number(digits);
  const bigEndian = order === '>';
  if (code === 'm' || code === 'M') {
    const time = timeStep(count, unit);
    if (size !== 8 || time === undefined) return `dtype ${JSON.stringify(descr)} has no unit that is known`;
    return { dtype: timeDType(code === 'M' ? 'datetime' : 'timedelta', time), bigEndian };
  }
  if (unit !== undefined) return `dtype ${JSON.stringify(descr)} is not known`;
  if (code === 'O') return { dtype: plainDType('string'), bigEndian: false };
  if (code === 'S' || code === 'U' || code === 'V') {
    if (digits === '' || size * 4 > ITEM_BYTES_MAX) return `dtype ${JSON.stringify(descr)} has no possible length`;
    const kind = code === 'S' ? 'fixed-bytes' : code === 'U' ? 'fixed-text' : 'raw';
    return { dtype: fixedDType(kind, size), bigEndian: bigEndian && code === 'U' };
  }
  if (SIZES[code]?.includes(size) !== true) return `dtype ${JSON.stringify(descr)} is not known`;
  const name = code === 'b' ? 'bool' : `${CODES[code]}${size * 8}`;
  return { dtype: plainDType(name), bigEndian: bigEndian && size > 1 };
}

/** Numpy's spelling of a dtype in memory, as JSON: the inverse of {@link parseNumpyDType}. */
export function numpyDescr({ kind, itemBytes, time, fields }: DType, bigEndian = false): unknown {
  const order = bigEndian ? '>' : '<';
  switch (kind) {
    case 'bool':
      return '|b1';
    case 'int':
    case 'uint':
    case 'float':
    case 'complex':
      return `${itemBytes === 1 ? '|' : order}${kind[0]}${itemBytes}`;
    case 'datetime':
    case 'timedelta': {
      const code = kind === 'datetime' ? 'M8' : 'm8';
      if (time === undefined || time.unit === 'generic') return `${order}${code}`;
      return `${order}${code}[${time.count === 1 ? '' : time.count}${time.unit}]`;
    }
    case 'fixed-bytes':
      return `|S${itemBytes}`;
    case 'fixed-text':
      return `${order}U${itemBytes / 4}`;
    case 'raw':
      return `|V${itemBytes}`;
    case 'record':
      return recordDescr(fields ?? [], itemBytes);
    case 'string':
    case 'bytes':
      return '|O';
  }
}

/** Gaps between fields become unnamed raw fields, as numpy writes them. */
function recordDescr(fields: readonly Field[], itemBytes: number): unknown[] {
  const descr: unknown[] = [];
  let at = 0;
  for (const { name, offset, dtype, bigEndian, shape = [] } of fields) {
    if (offset > at) descr.push(['', `|V${offset - at}`]);
    const field = numpyDescr(dtype, bigEndian);
    descr.push(shape.length === 0 ? [name, field] : [name, field, shape]);
    at = offset + dtype.itemBytes * shape.reduce((product, length) => product * length, 1);
  }
  if (itemBytes > at) descr.push(['', `|V${itemBytes - at}`]);
  return descr;
}

function parseRecord(descr: readonly unknown[], depth: number): StoredDType | string {
  if (depth > RECORD_DEPTH_MAX) return `dtype has records nested deeper than ${RECORD_DEPTH_MAX}`;
  if (descr.length === 0) return 'dtype is a record without fields';
  const fields: Field[] = [];
  let offset = 0;
  for (const entry of descr) {
    const [name, type, shape = []] = Array.isArray(entry) ? entry : [];
    if (typeof name !== 'string' || !Array.isArray(shape))
      return `field ${shownJson(entry as JsonValue)} is not understood`;
    const parsed = parseNumpyDType(type, depth + 1);
    if (typeof parsed === 'string') return `field ${JSON.stringify(name)}: ${parsed}`;
    if (parsed.dtype.itemBytes === 0 && parsed.dtype.kind === 'string') {
      return `field ${JSON.stringify(name)}: objects in records are not supported`;
    }
    if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
      return `field ${JSON.stringify(name)}: shape ${shownJson(shape)} is not understood`;
    }
    const bytes = shape.reduce((product: number, length: number) => product * length, parsed.dtype.itemBytes);
    if (name !== '') fields.push({ name, offset, ...parsed, ...(shape.length > 0 ? { shape } : {}) });
    offset += bytes;
    if (offset > ITEM_BYTES_MAX) return 'dtype is a record of more than 2 GiB';
  }
  return { dtype: recordDType(fields, offset), bigEndian: false };
}

function timeStep(count: string | undefined, unit: string | undefined) {
  if (unit === undefined) return { unit: 'generic', count: 1 } as const;
  const known = unit === 'μs' ? 'us' : unit;
  const steps = count === '' || count === undefined ? 1 : Number(count);
  if (!Object.hasOwn(TIME_UNITS, known) || !(steps > 0 && steps <= ITEM_BYTES_MAX)) return undefined;
  return { unit: known as TimeUnit, count: steps };
}
