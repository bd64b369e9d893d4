import { describe, expect, test } from 'vitest';
import { isLsioError } from '../../errors.js';
import { describeField, inventoryLine } from './describe.js';
import { FIXTURES, fixture, named, noFixtures } from './fixtures.testing.js';
import { aec, complex, differenced, png, runs } from './pack.testing.js';
import { pointsOf } from './points.js';
import { fieldValues } from './values.js';
import { walkBytes } from './walk.testing.js';
import { gribTwo, simple } from './write.testing.js';

/** How many mutations of each file: `LSIO_LONG=1` tries many more. */
const IS_LONG = process.env.LSIO_LONG === '1';
const WRITTEN_TRIES = IS_LONG ? 100_000 : 400;
const FIXTURE_TRIES = IS_LONG ? 100_000 : 40;
/** CPU time, so that a busy machine is no hang: a second, or three times what the honest bytes take. */
const LIMIT_MS = 1000;
const HONEST_TIMES = 3;

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

/** Changes some bytes, mostly in headers, or cuts, doubles or moves a part. */
function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const next = random(seed);
  const pick = (limit: number) => Math.floor(next() * limit);
  const head = Math.min(bytes.length, 400);
  const copy = Uint8Array.from(bytes);
  for (let changes = 1 + pick(4); changes > 0; changes--) {
    const at = next() < 0.8 ? pick(head) : pick(bytes.length);
    const how = pick(5);
    if (how === 0) copy[at]! ^= 1 << pick(8);
    else if (how === 1) copy[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][pick(6)]!;
    else if (how === 2) copy.fill([0, 0xff][pick(2)]!, at, at + 1 + pick(8));
    else if (how === 3) copy.copyWithin(at, pick(head), pick(head) + 1);
    else copy[at] = pick(256);
  }
  const end = next();
  if (end < 0.1) return copy.subarray(0, pick(copy.length));
  return end < 0.15 ? Uint8Array.from([...copy.subarray(pick(head), head), ...copy]) : copy;
}

/** Lists and decodes everything. An error must be of lsio; values must be as many as the grid says. */
function readAll(bytes: Uint8Array, pointsMax: number): void {
  const { fields } = walkBytes(bytes);
  for (const field of fields) {
    expect(inventoryLine(field, describeField(field))).toMatch(/^\d+(\.\d+)?:\d+:d=/);
    try {
      const { data } = fieldValues(field, { bytes, offset: 0 }, { maxPoints: pointsMax });
      expect(data.length).toBe(pointsOf(field));
    } catch (error) {
      if (!isLsioError(error, 'format') && !isLsioError(error, 'unavailable')) throw error;
    }
  }
}

function tryAll(bytes: Uint8Array, tries: number, pointsMax: number): void {
  const limitMs = Math.max(LIMIT_MS, HONEST_TIMES * cpuMs(() => readAll(bytes, pointsMax)));
  for (let seed = 1; seed <= tries; seed++) {
    const bad = mutated(bytes, seed);
    const elapsedMs = cpuMs(() => {
      try {
        readAll(bad, pointsMax);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    });
    expect(elapsedMs, `seed ${seed}`).toBeLessThan(limitMs);
  }
}

function cpuMs(call: () => void): number {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
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
  ])('%s', { timeout: 3_600_000 }, (_, bytes) => tryAll(bytes, WRITTEN_TRIES, 1e5));

  test.skipIf(noFixtures).each(FIXTURES)(named('$file', noFixtures), { timeout: 36_000_000 }, ({ file }) => {
    const bytes = fixture(file);
    const { fields } = walkBytes(bytes);
    const points = Math.max(...fields.map(pointsOf));
    // Giants are decoded in the long suite only.
    const isGiant = !IS_LONG && (points > 4e6 || bytes.length > 5e6);
    const tries = isGiant ? 2 : points > 1e6 && !IS_LONG ? FIXTURE_TRIES / 8 : FIXTURE_TRIES;
    tryAll(bytes, tries, points * 2);
  });
});
