import { describe, expect, test } from 'vitest';
import { isLsioError } from '../../errors.js';
import { describeField, inventoryLine } from './describe.js';
import { FIXTURES, fixture, named, noFixtures } from './fixtures.testing.js';
import { axesOf } from './grids/coordinates.js';
import { aec, complex, differenced, png, runs } from './pack.testing.js';
import { pointsOf } from './points.js';
import { fieldValues } from './values.js';
import { walkBytes } from './walk.testing.js';
import { gribTwo, simple } from './write.testing.js';

/** How many mutations of each file: `LSIO_LONG=1` tries many more. */
const IS_LONG = process.env.LSIO_LONG === '1';
const WRITTEN_TRIES = IS_LONG ? 100_000 : 400;
const FIXTURE_TRIES = IS_LONG ? 100_000 : 40;
/** `LSIO_SEEDS=10001-20000` tries these: what is long is shared out to several processes. */
const [FIRST_SEED, LAST_SEED] = (process.env.LSIO_SEEDS ?? '').split('-').map(Number);
/** All mutations of a file are listed. Values are decoded of so many that it takes about this long for each mutation. */
const DECODE_MS = IS_LONG ? 0.5 : 3;
/** CPU time, so that a busy machine is no hang: a second, or three times what the honest bytes take. */
const LIMIT_MS = 1000;
const HONEST_TIMES = 3;
/** Of the largest block of memory that the honest bytes take. Headers may take some more. */
const MEMORY_TIMES = 2;
const HEADER_BYTES = 1 << 16;

/** xorshift32: another sequence for each seed, the same on every machine. */
function random(seed: number): () => number {
  let state = (seed * 2_654_435_761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Changes some bytes, mostly in headers, or cuts, doubles or moves a part.
 *
 * @param bytes are changed in place: giants are not copied a hundred thousand times.
 * @returns what became of them, good until `undo`.
 */
function mutate(bytes: Uint8Array, seed: number): { readonly bad: Uint8Array; undo(): void } {
  const next = random(seed);
  const pick = (limit: number) => Math.floor(next() * limit);
  const head = Math.min(bytes.length, 400);
  const saved: [at: number, old: Uint8Array][] = [];
  for (let changes = 1 + pick(4); changes > 0; changes--) {
    const at = next() < 0.8 ? pick(head) : pick(bytes.length);
    saved.push([at, bytes.slice(at, at + head)]);
    const how = pick(5);
    if (how === 0) bytes[at]! ^= 1 << pick(8);
    else if (how === 1) bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][pick(6)]!;
    else if (how === 2) bytes.fill([0, 0xff][pick(2)]!, at, at + 1 + pick(8));
    else if (how === 3) bytes.copyWithin(at, pick(head), pick(head) + 1);
    else bytes[at] = pick(256);
  }
  const undo = () => {
    for (const [at, old] of saved.reverse()) bytes.set(old, at);
  };
  const end = next();
  if (end < 0.1) return { bad: bytes.subarray(0, pick(bytes.length)), undo };
  if (end < 0.15) return { bad: Buffer.concat([bytes.subarray(pick(head), head), bytes]), undo };
  return { bad: bytes, undo };
}

/** Lists everything and decodes it. An error must be of lsio; values must be as many as the grid says. */
function readAll(bytes: Uint8Array, pointsMax: number, isDecoded = true): void {
  const { fields } = walkBytes(bytes);
  for (const field of fields) {
    expect(inventoryLine(field, describeField(field))).toMatch(/^\d+(\.\d+)?:\d+:d=/);
    if (!isDecoded) continue;
    const axes = axesOf(field);
    axes?.at?.(axes.rows.length - 1, axes.columns.length - 1);
    try {
      const { data } = fieldValues(field, { bytes, offset: 0 }, { maxPoints: pointsMax });
      expect(data.length).toBe(pointsOf(field));
    } catch (error) {
      if (!isLsioError(error, 'format') && !isLsioError(error, 'unavailable')) throw error;
    }
  }
}

interface Cost {
  readonly cpuMs: number;
  /** The largest block of memory that was asked for at once. */
  readonly bytes: number;
}

const ARRAYS = ['Uint8Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array'] as const;

/** What a call costs: arrays are counted where they are made. */
function costOf(call: () => void): Cost {
  const originals = ARRAYS.map((name) => globalThis[name] as typeof Uint8Array);
  let bytes = 0;
  for (const [i, name] of ARRAYS.entries()) {
    const counting = new Proxy(originals[i]!, {
      construct(target, args, newTarget) {
        const [first] = args as [unknown];
        if (typeof first === 'number') bytes = Math.max(bytes, first * target.BYTES_PER_ELEMENT);
        return Reflect.construct(target, args, newTarget);
      },
    });
    Object.assign(globalThis, { [name]: counting });
  }
  const before = process.cpuUsage();
  try {
    call();
  } finally {
    for (const [i, name] of ARRAYS.entries()) Object.assign(globalThis, { [name]: originals[i] });
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, bytes };
}

function tryAll(bytes: Uint8Array, tries: number, pointsMax: number, isDecoded = true): void {
  const honest = costOf(() => readAll(bytes, pointsMax, isDecoded));
  const limitMs = Math.max(LIMIT_MS, HONEST_TIMES * honest.cpuMs);
  const limitBytes = MEMORY_TIMES * Math.max(honest.bytes, (pointsMax / 2) * 4) + HEADER_BYTES;
  const decodedEach = Math.max(1, Math.round(honest.cpuMs / DECODE_MS));
  const most = { cpuMs: 0, bytes: 0 };
  for (let seed = FIRST_SEED || 1; seed <= (LAST_SEED ?? tries); seed++) {
    const { bad, undo } = mutate(bytes, seed);
    let cost: Cost;
    try {
      cost = costOf(() => readAll(bad, pointsMax, isDecoded && seed % decodedEach === 0));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    } finally {
      undo();
    }
    expect(cost.cpuMs, `seed ${seed}: ms of CPU time`).toBeLessThan(limitMs);
    expect(cost.bytes, `seed ${seed}: bytes at once`).toBeLessThanOrEqual(limitBytes);
    most.cpuMs = Math.max(most.cpuMs, cost.cpuMs);
    most.bytes = Math.max(most.bytes, cost.bytes);
  }
  if (IS_LONG) {
    const decoded = `${Math.floor(tries / decodedEach)} of ${tries} decoded`;
    process.stdout.write(`${decoded}; most: ${most.cpuMs.toFixed(0)} ms, ${most.bytes} of ${honest.bytes} bytes\n`);
  }
}

describe('mutated messages: no crash, no hang, no other error than of lsio', () => {
  const slow = Array.from({ length: 600 }, (_, i) => Math.round(500 + 400 * Math.sin(i / 9)));
  const holes = slow.map((x, i) => (i % 7 === 0 ? undefined : x));
  const bitmap = Array.from({ length: 600 }, (_, i) => i % 5 !== 0);
  const some = slow.slice(0, bitmap.filter(Boolean).length);
  const shape = { columns: 30, rows: 20 };
  test.each([
    ['simple', gribTwo({ packed: simple(slow, 10), ...shape }, { packed: simple(some, 10), ...shape, bitmap })],
    ['complex', gribTwo({ packed: complex(holes, 9), ...shape })],
    [
      'differences',
      gribTwo({ packed: differenced(holes, 2, 9), ...shape }, { packed: differenced(slow, 1, 30), ...shape }),
    ],
    ['CCSDS', gribTwo({ packed: aec(slow, 12), ...shape })],
    ['PNG', gribTwo({ packed: png(slow, 30, 16), ...shape })],
    [
      'runs',
      gribTwo({
        packed: runs(
          slow.map((x) => x % 4),
          [1, 2, 3],
          8,
          0,
        ),
        ...shape,
      }),
    ],
  ])('%s', { timeout: 3_600_000 }, (_, bytes) => tryAll(bytes, WRITTEN_TRIES, 1200));

  test.skipIf(noFixtures).each(FIXTURES)(named('$file', noFixtures), { timeout: 36_000_000 }, ({ file }) => {
    const bytes = Uint8Array.from(fixture(file));
    const { fields } = walkBytes(bytes);
    const points = Math.max(...fields.map(pointsOf));
    // Giants are decoded in the long suite only.
    const isGiant = !IS_LONG && (points > 4e6 || bytes.length > 5e6);
    tryAll(bytes, FIXTURE_TRIES, points * 2, !isGiant);
  });
});
