import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Scratch } from '../engine/conformance-kit.js';
import { makeWorkload } from '../workload/cases.js';
import { nodeReader } from './node-readers.js';

const scratch = new Scratch();
const FILES = 200;
const PASSES = 3;
const QUEUE_DEPTH = 8;

function countOpenFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

test.each(['promises', 'callback', 'sync', 'buffer'] as const)(
  '%s reads the blocks of more files than it holds open, and leaves none open',
  { skip: process.platform !== 'linux' },
  async (name) => {
    const contents = Array.from({ length: FILES }, () => scratch.file(1000));
    const files = contents.map(({ path, bytes }) => ({ path, size: bytes.length }));
    const work = makeWorkload('file-gaps', files, { dir: '/', blockSizeBytes: 100, gapBytes: 50 });
    const before = countOpenFiles();
    let openMost = 0;
    let checked = 0;
    const tally = await nodeReader(name, QUEUE_DEPTH).read(work, PASSES, {
      check: (operation, bytes) => {
        if (++checked % 50 === 0) openMost = Math.max(openMost, countOpenFiles() - before);
        const offset = work.offsets[operation]!;
        const expected = contents[work.fileOf[operation]!]!.bytes.subarray(offset, offset + work.lengths[operation]!);
        expect(expected.equals(bytes)).toBe(true);
      },
    });
    expect(tally).toEqual({ operations: PASSES * work.operations, bytes: PASSES * work.bytes });
    // A callback's close may still be on its way while the next file opens.
    expect(openMost).toBeLessThanOrEqual(2 * QUEUE_DEPTH);
    await expect.poll(countOpenFiles).toBeLessThanOrEqual(before);
  },
);
