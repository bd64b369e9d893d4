import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { PAGE_BYTES, Slab } from './slab.js';

const PAGES = 32;

function newSlab(pages = PAGES, poison = false): Slab {
  return new Slab(new Uint8Array(pages * PAGE_BYTES), poison);
}

/** What happens to a slab: a lease of so many bytes, or the release of one of the buffers that are leased. */
const step = fc.oneof(
  fc.record({ lease: fc.oneof(fc.nat(3 * PAGE_BYTES), fc.nat(PAGES * PAGE_BYTES)), user: fc.nat(2) }),
  fc.record({ release: fc.nat() }),
);

describe('Slab', () => {
  test('lease() gives whole pages that overlap nothing that is leased', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const slab = newSlab();
        const owner = new Int32Array(PAGES);
        const leased: { at: number; name: number }[] = [];
        let names = 0;
        for (const each of steps) {
          if ('lease' in each) {
            const at = slab.lease(each.lease, each.user);
            if (at < 0) continue;
            const name = ++names;
            leased.push({ at, name });
            expect(at % PAGE_BYTES).toBe(0);
            expect(slab.sizeBytes(at)).toBeGreaterThanOrEqual(each.lease);
            expect(slab.sizeBytes(at)).toBeLessThan(2 * Math.max(each.lease, PAGE_BYTES));
            expect(at + slab.sizeBytes(at)).toBeLessThanOrEqual(slab.memory.byteLength);
            const pages = owner.subarray(at / PAGE_BYTES, (at + slab.sizeBytes(at)) / PAGE_BYTES);
            expect(pages.every((each) => each === 0)).toBe(true);
            pages.fill(name);
          } else if (leased.length > 0) {
            const [{ at, name } = { at: -1, name: -1 }] = leased.splice(each.release % leased.length, 1);
            const pages = owner.subarray(at / PAGE_BYTES, (at + slab.sizeBytes(at)) / PAGE_BYTES);
            expect(pages.every((each) => each === name)).toBe(true);
            pages.fill(0);
            slab.release(at);
          }
          const bytes = leased.reduce((sum, { at }) => sum + slab.sizeBytes(at), 0);
          expect(slab.leasedBytes).toBe(bytes);
        }
        for (const { at } of leased) slab.release(at);
        expect(slab.leasedBytes).toBe(0);
        expect(slab.lease(slab.memory.byteLength)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('lease() says no only when no aligned run of pages is free', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(PAGES - 1)), fc.nat(4), (kept, sizeClass) => {
        const slab = newSlab();
        const pages = Array.from({ length: PAGES }, () => slab.lease(1));
        const isKept = new Set(kept);
        for (const at of pages) if (!isKept.has(at / PAGE_BYTES)) slab.release(at);
        const sizePages = 2 ** sizeClass;
        const free = Array.from({ length: PAGES / sizePages }, (_, index) =>
          kept.every((page) => Math.floor(page / sizePages) !== index),
        );
        for (let left = free.filter(Boolean).length; left > 0; left--) {
          expect(slab.lease(sizePages * PAGE_BYTES)).toBeGreaterThanOrEqual(0);
        }
        expect(slab.lease(sizePages * PAGE_BYTES)).toBe(-1);
      }),
      { numRuns: 200 },
    );
  });

  test('lease() gives what was released last, while it is in the cache', () => {
    const slab = newSlab();
    const buffers = [slab.lease(5000), slab.lease(5000), slab.lease(5000)];
    slab.release(buffers[2]!);
    slab.release(buffers[0]!);
    expect(slab.lease(8192)).toBe(buffers[0]);
    expect(slab.lease(8192)).toBe(buffers[2]);
  });

  test('lease() of nothing is a buffer, too; of all there is only one', () => {
    const slab = newSlab(1);
    expect(slab.lease(0)).toBe(0);
    expect(slab.lease(0)).toBe(-1);
    slab.release(0);
    expect(slab.lease(PAGE_BYTES)).toBe(0);
  });

  test('misuse breaks an invariant', () => {
    const slab = newSlab();
    const at = slab.lease(1);
    expect(() => slab.lease(slab.memory.byteLength + 1)).toThrow(InvariantError);
    expect(() => slab.release(at + PAGE_BYTES)).toThrow(InvariantError);
    slab.release(at);
    expect(() => slab.release(at)).toThrow(InvariantError);
    expect(() => slab.sizeBytes(at)).toThrow(InvariantError);
    for (const bytes of [0, 100, 3 * PAGE_BYTES]) expect(() => new Slab(new Uint8Array(bytes))).toThrow(InvariantError);
  });

  test('release() overwrites the buffer when poisoning is on, and nothing else', () => {
    const slab = newSlab(4, true);
    slab.memory.fill(1);
    const at = slab.lease(PAGE_BYTES);
    slab.release(at);
    const released = slab.memory.slice(at, at + PAGE_BYTES);
    expect(released.every((byte) => byte === released[0] && byte !== 1)).toBe(true);
    expect(slab.memory.filter((byte) => byte === 1)).toHaveLength(3 * PAGE_BYTES);
  });
});
