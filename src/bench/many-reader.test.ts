import { expect, test } from 'vitest';
import { Scratch } from '../engine/conformance-kit.js';
import { openEngine } from '../engine/open.js';
import type { Coalesce } from '../plan/coalesce.js';
import { makeWorkload } from '../workload/cases.js';
import type { Workload } from '../workload/workload.js';
import { EngineReader } from './engine-reader.js';
import { ManyReader } from './many-reader.js';
import type { Reader } from './reader.js';

const scratch = new Scratch();
const BLOCK = { dir: '/', blockSizeBytes: 100, gapBytes: 50 };
/** 667 blocks of a file of 100,000 bytes, the last of 50 bytes, and 67 of a shorter one. */
const SIZES = [100_000, 10_000];

function makeWork(): { work: Workload; contents: readonly Buffer[] } {
  const files = SIZES.map((size) => scratch.file(size));
  const sized = files.map(({ path, bytes }) => ({ path, size: bytes.length }));
  return { work: makeWorkload('file-gaps', sized, BLOCK), contents: files.map(({ bytes }) => bytes) };
}

async function manyReader(coalesce?: Coalesce): Promise<Reader> {
  const engine = await openEngine({ engine: 'node', queueDepth: 8 });
  return new ManyReader(engine, { alignBytes: undefined, coalesce, readOrder: 'given' });
}

async function rawReader(): Promise<Reader> {
  return new EngineReader(await openEngine({ engine: 'node', queueDepth: 8 }), { alignBytes: undefined });
}

async function readWith(opened: Promise<Reader>, work: Workload) {
  const reader = await opened;
  const checked: [number, Buffer][] = [];
  try {
    const check = (operation: number, bytes: Uint8Array) => void checked.push([operation, Buffer.from(bytes)]);
    return { checked, tally: await reader.read(work, 2, { check }) };
  } finally {
    await reader.close();
  }
}

test('getMany and the raw engine read each operation of each pass, getMany merges those that lie close together', async () => {
  const { work, contents } = makeWork();
  const asked = { operations: 2 * 734, bytes: 2 * work.bytes };
  const apart = { ...asked, reads: 2 * 734, bytesRead: 2 * work.bytes };
  // 150 bytes a block: 6 of them fit into 900 bytes without the last gap.
  const merged = { ...asked, reads: 2 * (112 + 12), bytesRead: 2 * (work.bytes + 50 * (734 - 112 - 12)) };
  for (const [reader, expected] of [
    [rawReader(), apart],
    [manyReader(), apart],
    [manyReader({ gapBytesMax: 49, readBytesMax: 1000 }), apart],
    [manyReader({ gapBytesMax: 50, readBytesMax: 900 }), merged],
  ] as const) {
    const { checked, tally } = await readWith(reader, work);
    expect(tally).toEqual(expected);
    expect(checked.map(([operation]) => operation).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 2 * 734 }, (_, at) => at >> 1),
    );
    for (const [operation, bytes] of checked) {
      const offset = work.offsets[operation]!;
      const end = offset + work.lengths[operation]!;
      expect(bytes.equals(contents[work.fileOf[operation]!]!.subarray(offset, end))).toBe(true);
    }
  }
});

test('both say which file ends too early', async () => {
  const { work } = makeWork();
  const longer = makeWorkload('file-gaps', [{ path: work.files[1]!.path, size: 20_000 }], BLOCK);
  for (const reader of [rawReader(), manyReader(), manyReader({ gapBytesMax: 50, readBytesMax: 900 })]) {
    await expect(readWith(reader, longer)).rejects.toMatchObject({ kind: 'changed', path: work.files[1]!.path });
  }
});
