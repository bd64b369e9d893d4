/**
 * What the elements of an array are. Plain data, so that a worker can be sent one.
 *
 * In memory every element is little-endian and has `itemBytes` bytes, but for the two variable kinds, whose elements are
 * JavaScript values. The byte order of stored elements is a matter of their codecs.
 */
export interface DType {
  readonly kind: DTypeKind;
  /** The one name by which lsio calls it: `float32`, `datetime64[ns]`, `S7`, `U13`, `string`. */
  readonly name: string;
  /** Bytes of an element in memory; 0 if its length varies. */
  readonly itemBytes: number;
  /** Bytes of the words that a byte order reverses: 4 in complex64 and U13, 1 where there is nothing to reverse. */
  readonly wordBytes: number;
  /** Of datetime and timedelta. */
  readonly time?: TimeStep;
  /** Of a record, in the order of the metadata. Their bytes stay as they are stored. */
  readonly fields?: readonly Field[];
}

/**
 * `fixed-bytes` ends at its first run of zeros (numpy's S), `fixed-text` is UTF-32 that does (numpy's U), `raw` is bytes
 * without a meaning (numpy's V), `record` is raw bytes with fields; `string` and `bytes` vary in length.
 */
export type DTypeKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'float'
  | 'complex'
  | 'datetime'
  | 'timedelta'
  | 'fixed-bytes'
  | 'fixed-text'
  | 'raw'
  | 'record'
  | 'string'
  | 'bytes';

/** The units of numpy's datetime64 with their length in attoseconds; null: months have no fixed length. */
export const TIME_UNITS = {
  Y: null,
  M: null,
  W: 604_800n * 10n ** 18n,
  D: 86_400n * 10n ** 18n,
  h: 3_600n * 10n ** 18n,
  m: 60n * 10n ** 18n,
  s: 10n ** 18n,
  ms: 10n ** 15n,
  us: 10n ** 12n,
  ns: 10n ** 9n,
  ps: 10n ** 6n,
  fs: 10n ** 3n,
  as: 1n,
  /** Numpy's unit of a time that has none. */
  generic: null,
} as const;

export type TimeUnit = keyof typeof TIME_UNITS;

/** A time is a whole number of steps of `count` units since 1970-01-01. */
export interface TimeStep {
  readonly unit: TimeUnit;
  readonly count: number;
}

/** A field of a record. */
export interface Field {
  readonly name: string;
  /** Where it begins in the record, in bytes. */
  readonly offset: number;
  readonly dtype: DType;
  readonly bigEndian: boolean;
  /** The field is an array of that shape. */
  readonly shape?: readonly number[];
}

/** The largest element, in bytes: numpy's own limit. */
export const ITEM_BYTES_MAX = 2 ** 31 - 1;

/** The types that need no parameter, by name. */
export const PLAIN_DTYPES: ReadonlyMap<string, DType> = new Map(
  [
    plain('bool', 'bool', 1),
    ...[1, 2, 4, 8].flatMap((bytes) => [
      plain('int', `int${bytes * 8}`, bytes),
      plain('uint', `uint${bytes * 8}`, bytes),
    ]),
    ...[2, 4, 8].map((bytes) => plain('float', `float${bytes * 8}`, bytes)),
    ...[8, 16].map((bytes) => ({ ...plain('complex', `complex${bytes * 8}`, bytes), wordBytes: bytes / 2 })),
    { kind: 'string', name: 'string', itemBytes: 0, wordBytes: 1 } as const,
    { kind: 'bytes', name: 'bytes', itemBytes: 0, wordBytes: 1 } as const,
  ].map((dtype) => [dtype.name, dtype]),
);

/** One of {@link PLAIN_DTYPES}; the name is known to be there. */
export function plainDType(name: string): DType {
  const dtype = PLAIN_DTYPES.get(name);
  if (dtype === undefined) throw new TypeError(`no plain dtype ${name}`);
  return dtype;
}

export function timeDType(kind: 'datetime' | 'timedelta', time: TimeStep): DType {
  const count = time.count === 1 ? '' : time.count;
  const unit = time.unit === 'generic' ? '' : `[${count}${time.unit}]`;
  return { kind, name: `${kind}64${unit}`, itemBytes: 8, wordBytes: 8, time };
}

/** @param length in bytes; of fixed-text in characters. */
export function fixedDType(kind: 'fixed-bytes' | 'fixed-text' | 'raw', length: number): DType {
  if (kind === 'fixed-text') return { kind, name: `U${length}`, itemBytes: length * 4, wordBytes: 4 };
  return { kind, name: `${kind === 'raw' ? 'V' : 'S'}${length}`, itemBytes: length, wordBytes: 1 };
}

export function recordDType(fields: readonly Field[], itemBytes: number): DType {
  const parts = fields.map(({ name, dtype, shape }) => {
    return `${name}: ${dtype.name}${shape === undefined ? '' : `(${shape.join(', ')})`}`;
  });
  return { kind: 'record', name: `{${parts.join(', ')}}`, itemBytes, wordBytes: 1, fields };
}

/** Whether elements vary in length: they are then JavaScript values, not bytes. */
export function isVariable({ kind }: DType): boolean {
  return kind === 'string' || kind === 'bytes';
}

function plain(kind: DTypeKind, name: string, itemBytes: number): DType {
  return { kind, name, itemBytes, wordBytes: itemBytes };
}
