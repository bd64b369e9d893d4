import type { DType } from '../array/dtype.js';
import { type Codec, checkLength, damaged } from './codec.js';
import { isFloat, values, writeValues } from './elements.js';

type Value = number | bigint;

const ROUNDINGS: Readonly<Record<string, (value: number) => number>> = {
  'nearest-even': nearestEven,
  'towards-zero': Math.trunc,
  'towards-positive': Math.ceil,
  'towards-negative': Math.floor,
  'nearest-away': (value) => Math.sign(value) * Math.floor(Math.abs(value) + 0.5),
};
const OUT_OF_RANGE = ['error', 'clamp', 'wrap'];

/** Its configuration, checked. */
export interface CastRules {
  readonly round: (value: number) => number;
  readonly outOfRange: string;
  /** Values that stand for others: encoded → decoded. */
  readonly map: ReadonlyMap<Value, Value>;
}

/** @returns the rules, or text that says what is not understood. */
export function castRules(configuration: Readonly<Record<string, unknown>>): CastRules | string {
  const { rounding = 'nearest-even', out_of_range: outOfRange = 'error', scalar_map: scalarMap } = configuration;
  const round = typeof rounding === 'string' && Object.hasOwn(ROUNDINGS, rounding) ? ROUNDINGS[rounding] : undefined;
  if (round === undefined) return `rounding ${JSON.stringify(rounding)} is not known`;
  if (typeof outOfRange !== 'string' || !OUT_OF_RANGE.includes(outOfRange)) {
    return `out_of_range ${JSON.stringify(outOfRange)} is not known`;
  }
  const entries = (scalarMap as { decode?: unknown } | undefined)?.decode ?? [];
  if (!Array.isArray(entries)) return 'scalar_map is not understood';
  const map = new Map<Value, Value>();
  for (const entry of entries) {
    const [from, to] = Array.isArray(entry) ? entry.map(scalar) : [];
    if (from === undefined || to === undefined) return `scalar_map entry ${JSON.stringify(entry)} is not understood`;
    map.set(from, to);
  }
  return { round, outOfRange, map };
}

const SCALARS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function scalar(value: unknown): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? SCALARS[value] : undefined;
}

/** `cast_value` of Zarr v3: values, not bits, in another type. */
export function castValueCodec(name: string, encoded: DType, decoded: DType, rules: CastRules): Codec {
  const convert = isFloat(decoded) ? (value: Value) => Number(value) : toInteger(name, decoded, rules);
  // Maps find NaN, but an integer of 8 bytes is a bigint and the map holds numbers.
  const of = (value: Value) => rules.map.get(typeof value === 'bigint' ? Number(value) : value) ?? convert(value);
  return {
    name,
    decode(source, target) {
      checkLength(name, 'encoded data', source.length, (target.length / decoded.itemBytes) * encoded.itemBytes);
      writeValues(decoded, target, values(encoded, source), rules.map.size === 0 ? convert : of);
    },
  };
}

function toInteger(
  name: string,
  { kind, itemBytes }: DType,
  { round, outOfRange }: CastRules,
): (value: Value) => Value {
  const bits = itemBytes * 8;
  const low = kind === 'uint' ? 0n : -(2n ** BigInt(bits - 1));
  const high = 2n ** BigInt(kind === 'uint' ? bits : bits - 1) - 1n;
  const wrap = kind === 'uint' ? BigInt.asUintN : BigInt.asIntN;
  const stored = (value: bigint) => (bits === 64 ? value : Number(value));
  const [lowNumber, highNumber] = [Number(low), Number(high)];
  return (value) => {
    let whole = value;
    if (typeof whole === 'number') {
      whole = round(whole);
      // The common case, without a bigint.
      if (bits < 64 && whole >= lowNumber && whole <= highNumber) return whole;
      if (Number.isNaN(whole)) throw damaged(name, `NaN can't be an ${kind}${bits}`);
      if (!Number.isFinite(whole)) {
        if (outOfRange !== 'clamp') throw damaged(name, `${value} can't be an ${kind}${bits}`);
        return stored(whole > 0 ? high : low);
      }
    }
    const integer = BigInt(whole);
    if (integer >= low && integer <= high) return stored(integer);
    if (outOfRange === 'wrap') return stored(wrap(bits, integer));
    if (outOfRange === 'clamp') return stored(integer > high ? high : low);
    throw damaged(name, `${value} lies outside of ${kind}${bits}`);
  };
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
