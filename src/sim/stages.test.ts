import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { systemClock } from '../clock.js';
import { describeRead, pattern } from '../engine/conformance-kit.js';
import { Stages } from '../engine/ring/stages.js';
import { ReadSlots } from '../engine/slots.js';
import { Slab } from '../memory/slab.js';
import type { Ring } from '../uring/ring.js';
import { SimClock } from './clock.js';
import { MapDisk } from './disk.js';
import { simRing } from './engine.js';
import { NO_FAULTS } from './faults.js';
import { Random } from './random.js';

const KI = 1024;
const SLAB_BYTES = 512 * KI;

function newRing(): Ring {
  return simRing({
    entries: 2,
    files: 3,
    slab: new Slab(new Uint8Array(SLAB_BYTES)),
    disk: new MapDisk(new Map([['/sim/whole', { bytes: pattern(99, 60_000) }]])),
    random: new Random(1),
    clock: new SimClock(),
    faults: NO_FAULTS,
  }).ring;
}

describe('Stages', () => {
  const depth = 2;

  /** Stages of which the test itself is the ring's other side: nothing completes by itself. */
  function newStages(): { stages: Stages; begin: (slot: number) => void } {
    const ring = newRing();
    const slots = new ReadSlots(ring.slab, depth, () => {});
    const stages = new Stages(ring, slots, {
      owner: ring,
      lane: 0,
      first: 0,
      depth,
      sharedFiles: 1,
      windowBytes: SLAB_BYTES,
      slotCount: depth,
      clock: systemClock,
      onProgress: () => {},
    });
    return {
      stages,
      begin: (slot) => {
        describeRead(slots, slot, 0, { path: '/sim/whole', length: 10 });
        stages.begin(slot, 0, true);
      },
    };
  }

  test('complete() refuses what nobody waits for', () => {
    const { stages, begin } = newStages();
    expect(() => stages.complete(0, 1, 0)).toThrow(InvariantError);
    begin(0);
    // Another slot, another generation, a file that is not being closed, no slot at all.
    for (const [slot, generation] of [
      [1, 1],
      [1, 0],
      [0, 0],
      [0, 2],
      [2, 0],
      [2 ** 30, 0],
      [2 ** 30 + 5, 0],
      [0xffff_ffff, 0],
    ]) {
      const fresh = newStages();
      fresh.begin(0);
      expect(() => fresh.stages.complete(slot!, generation!, 0), `${slot}.${generation}`).toThrow(InvariantError);
    }
  });

  test('complete() refuses a completion that comes twice', () => {
    const { stages, begin } = newStages();
    begin(0);
    stages.complete(0, 1, 0); // opened
    expect(() => stages.complete(0, 1, 0)).toThrow(InvariantError);

    const other = newStages();
    other.begin(0);
    other.stages.complete(0, 1, 0);
    other.stages.complete(0, 2, 10); // read
    expect(() => other.stages.complete(0, 2, 10)).toThrow(InvariantError);
  });

  test('inFlight counts a completion that never comes', () => {
    const { stages, begin } = newStages();
    begin(0);
    begin(1);
    stages.complete(0, 1, 0);
    stages.complete(0, 2, 10);
    expect(stages.inFlight).toBe(1);
  });

  test('begin() refuses a slot in use and a length that no buffer has', () => {
    const { begin } = newStages();
    begin(0);
    expect(() => begin(0)).toThrow(InvariantError);
    const ring = newRing();
    const slots = new ReadSlots(ring.slab, 1, () => {});
    const options = {
      owner: ring,
      lane: 0,
      first: 0,
      depth: 1,
      sharedFiles: 1,
      windowBytes: SLAB_BYTES,
      slotCount: depth,
      clock: systemClock,
      onProgress: () => {},
    };
    for (const length of [-2, 8 * KI ** 2 + 1]) {
      describeRead(slots, 0, 0, { path: 'x', length });
      expect(() => new Stages(ring, slots, options).begin(0, 0, true)).toThrow(InvariantError);
    }
  });
});
