import { LsioError } from './errors.js';

/** The accepted forms of a number of bytes, as the error and the help text show them. */
export const BYTES_FORMS = '4096, 64k, 1.5MiB, 1G (powers of 1024) or 64kB, 1GB (powers of 1000)';
/** The accepted forms of a duration, as the error and the help text show them. */
export const DURATION_FORMS = '10, 1.5 or 10s (seconds), 200us, 500ms or 2m (minutes)';

const POWERS = 'kmgt';
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const RATE_UNITS = ['', 'k', 'M', 'G'];
const DURATION_UNITS = ['ns', 'µs', 'ms', 's'];
const NS_OF_UNIT: Readonly<Record<string, bigint>> = {
  us: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
};

/**
 * A number of bytes from text: `k K Ki KiB M Mi MiB …` up to `T` are powers of 1024, `kB KB MB GB TB` of 1000, no unit
 * is bytes. A fraction is fine as long as the result is whole: `1.5k`.
 *
 * @throws {LsioError} `usage` for anything else, and for more than 2^53-1 bytes.
 */
export function parseBytes(text: string): number {
  const match = /^(\d+)(?:\.(\d+))?(?:([kmgtKMGT])(?:iB?)?|([kKMGT])B)?$/.exec(text);
  if (match === null) throw new LsioError('usage', `${JSON.stringify(text)} is not a size: write ${BYTES_FORMS}`);
  const [, whole = '', fraction = '', binary, decimal] = match;
  const base = decimal === undefined ? 1024n : 1000n;
  const letter = (binary ?? decimal)?.toLowerCase();
  const power = letter === undefined ? 0 : POWERS.indexOf(letter) + 1;
  return wholeNumber({ text, whole, fraction, multiplier: base ** BigInt(power), of: 'bytes', forms: BYTES_FORMS });
}

/**
 * A duration in nanoseconds from text: decimal seconds, or a number with `s`, `ms` or `m` (minutes).
 *
 * @throws {LsioError} `usage` for anything else, for a fraction of a nanosecond, and for more than 2^53-1 of them (104
 * days).
 */
export function parseDurationNs(text: string): number {
  const match = /^(\d+)(?:\.(\d+))?(us|ms|s|m)?$/.exec(text);
  if (match === null)
    throw new LsioError('usage', `${JSON.stringify(text)} is not a duration: write ${DURATION_FORMS}`);
  const [, whole = '', fraction = '', unit = 's'] = match;
  const multiplier = NS_OF_UNIT[unit] ?? 0n;
  return wholeNumber({ text, whole, fraction, multiplier, of: 'nanoseconds', forms: DURATION_FORMS });
}

/**
 * A whole number within bounds, both included.
 *
 * @param limits `name` is what the number is, as the user knows it: `--queue-depth`.
 * @throws {LsioError} `usage`, naming the bounds.
 */
export function parseCount(text: string, limits: { name: string; min: number; max: number }): number {
  const { name, min, max } = limits;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  throw new LsioError('usage', `${name}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
}

/** `512 B`, `1.50 GiB`: three significant digits in binary units, whole bytes below 1 KiB. */
export function formatBytes(bytes: number): string {
  const { value, unit } = scale(bytes, 1024, BYTE_UNITS);
  if (unit === 'B') return `${Math.round(value)} B`;
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(decimals)} ${unit}`;
}

/** `1234.5`: one decimal, without the unit, for a column headed MiB/s. */
export function formatMiBPerSecond(bytesPerSecond: number): string {
  return (bytesPerSecond / 1024 ** 2).toFixed(1);
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `87`, `250 k`, `1.41 M`: up to three significant digits, in powers of 1000. */
export function formatRate(operationsPerSecond: number): string {
  const { value, unit } = scale(operationsPerSecond, 1000, RATE_UNITS);
  return `${threeDigits(value)} ${unit}`.trimEnd();
}

/** `120 ns`, `7.8 µs`, `45.6 ms`, `1.23 s`: up to three significant digits; seconds are the largest unit. */
export function formatDurationNs(durationNs: number): string {
  const { value, unit } = scale(durationNs, 1000, DURATION_UNITS);
  return `${threeDigits(value)} ${unit}`;
}

interface DecimalText {
  readonly text: string;
  readonly whole: string;
  readonly fraction: string;
  readonly multiplier: bigint;
  readonly of: string;
  readonly forms: string;
}

/** `whole.fraction × multiplier`, exactly: a double would round `0.1k` or 2^53+1 to a number that nobody asked for. */
function wholeNumber({ text, whole, fraction, multiplier, of, forms }: DecimalText): number {
  const scaled = BigInt(whole + fraction) * multiplier;
  const divisor = 10n ** BigInt(fraction.length);
  const value = scaled / divisor;
  const isWhole = scaled % divisor === 0n;
  if (isWhole && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  const problem = isWhole ? `is more than 2^53-1 ${of}` : `is not a whole number of ${of}`;
  throw new LsioError('usage', `${JSON.stringify(text)} ${problem}: write ${forms}`);
}

/** The unit is chosen by the rounded value, so that 999.7 ns is 1 µs and never 1000 ns. */
function scale(value: number, base: number, units: readonly string[]): { value: number; unit: string } {
  let scaled = value;
  let step = 0;
  while (step < units.length - 1 && Math.round(Math.abs(scaled)) >= base) {
    scaled /= base;
    step += 1;
  }
  return { value: scaled, unit: units[step] ?? '' };
}

function threeDigits(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
