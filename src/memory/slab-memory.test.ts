import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSlabMemory, type SlabMemory } from './slab-memory.js';
import { portableSlab, SCRATCH_BYTES, wasmMemoryOf } from './wasm-slab.js';

const LENGTH = 64 * 1024 ** 2;
const HUGE = 2 * 1024 ** 2;

interface Region {
  readonly from: number;
  readonly to: number;
  readonly access: string;
  readonly flags: string;
}

/** The mappings of this process, in order. */
function regions(): Region[] {
  const text = readFileSync('/proc/self/smaps', 'latin1');
  return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) (\S+) [\s\S]*?^VmFlags: (.*)$/gm)].map((match) => ({
    from: Number.parseInt(match[1]!, 16),
    to: Number.parseInt(match[2]!, 16),
    access: match[3]!,
    flags: match[4]!,
  }));
}

describe.skipIf(process.platform !== 'linux').each(['webassembly', 'mapped'] as const)(
  'a slab that is %s',
  (choice) => {
    function open(): SlabMemory {
      return openSlabMemory(LENGTH, choice);
    }

    test('is aligned, zeroed, and known by its address', () => {
      const { slab, address, lengthBytes } = open();
      expect({ lengthBytes, bytes: slab.memory.length, off: address % HUGE }).toEqual({
        lengthBytes: LENGTH,
        bytes: LENGTH,
        off: 0,
      });
      for (let at = 0; at < LENGTH; at += 4096 * 251) expect(slab.memory[at]).toBe(0);
      expect(wasmMemoryOf(slab.memory) !== undefined).toBe(choice === 'webassembly');
      if (choice === 'webassembly') expect(slab.memory.byteOffset).toBeGreaterThanOrEqual(SCRATCH_BYTES);
    });

    test('asks for huge pages and has pages around it that nobody may touch', () => {
      const { slab, address } = open();
      const all = regions();
      const first = all.findIndex(({ from, to }) => from <= address && address < to);
      const last = all.findIndex(({ from, to }) => from < address + LENGTH && address + LENGTH <= to);
      expect(all[first]!.flags).toContain(' hg');
      // What is not huge lies between: the kernels' scratch, or nothing.
      const isGuard = ({ access }: Region) => access.startsWith('---');
      const before = all
        .slice(Math.max(0, first - 2), first)
        .filter(isGuard)
        .at(-1)!;
      const after = all.slice(last + 1, last + 3).find(isGuard)!;
      // V8 of Node 24 has none before its memories: an index is never below 0.
      if (choice === 'mapped' || Number.parseInt(process.versions.node, 10) < 24) {
        expect(address - before.to).toBeGreaterThanOrEqual(0);
        expect(address - before.to).toBeLessThanOrEqual(HUGE + SCRATCH_BYTES);
      }
      expect(after.from - (address + LENGTH)).toBeLessThanOrEqual(HUGE);
      expect(slab.memory.length).toBe(LENGTH);
    });
  },
);

test('portableSlab() is page-aligned in memory of WebAssembly', () => {
  const slab = portableSlab(2 ** 20);
  expect(wasmMemoryOf(slab.memory)?.buffer).toBe(slab.memory.buffer);
  expect(slab.memory.byteOffset).toBe(SCRATCH_BYTES);
});
