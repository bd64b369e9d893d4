import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import type { ByteStore, ChunkedArray, ChunkRef } from '../formats/chunked-array.js';
import type { AbsolutePath } from '../store/keys.js';
import { LocalStore } from '../store/local/local.js';
import { readChunks } from './chunk-reader.js';
import { forEachChunk } from './chunk-stream.js';

const directory = mkdtempSync(path.join(os.tmpdir(), 'lsio-chunks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Longer than the longest read: it comes in parts. */
const LONG_BYTES = 9 * 1024 ** 2 + 5;

function bytesOf(index: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + index * 31) % 251);
}

/** Every kind of chunk, some of them stored in the same file. */
function refAt(index: number): ChunkRef {
  const key = `/${index % 10}` as AbsolutePath;
  switch (index % 8) {
    case 0:
      return { index };
    case 1:
      return { index, bytes: bytesOf(index, 5) };
    case 2:
      return { index, source: 0, key: '/absent' };
    case 3:
      return { index, source: 0, key, range: { offset: 10 + index, length: 100 } };
    case 4:
      return { index, source: 0, key, range: { offset: 7, length: 0 } };
    case 5:
      return { index, source: 0, key, range: { offset: 1990, length: 100 } };
    case 6:
      return { index, source: 0, key: '/absent', required: true };
    default:
      return { index, source: 0, key: index === 15 ? '/long' : key };
  }
}

test('forEachChunk() hands over what readChunks() does, in the same order, from borrowed memory', async () => {
  for (let i = 0; i < 10; i++) writeFileSync(path.join(directory, String(i)), bytesOf(i, 2000));
  writeFileSync(path.join(directory, 'long'), bytesOf(99, LONG_BYTES));
  mkdirSync(path.join(directory, 'absent'));
  const store = await LocalStore.open(directory, { engine: 'node' });
  try {
    const array: Pick<ChunkedArray, 'sources' | 'refs'> = {
      sources: [{ store, spec: undefined }],
      async *refs(chunks) {
        let batch: ChunkRef[] = [];
        for (const [index = 0] of chunks) {
          batch.push(refAt(index));
          if (batch.length < 7) continue;
          yield batch;
          batch = [];
        }
        yield batch;
      },
    };
    const places = Array.from({ length: 200 }, (_, index) => [index]);
    const expected: unknown[] = [];
    for await (const chunk of readChunks(array, places, { chunkBytes: 2000 })) expected.push(plain(chunk));
    const found: unknown[] = [];
    await forEachChunk(array, places, { chunkBytes: 2000 }, (chunk) => found.push(plain(chunk)));
    expect(found).toEqual(expected);
    expect(found.length).toBe(200);
    expect(found).toContainEqual(
      expect.objectContaining({ index: 15, bytes: Buffer.from(bytesOf(99, LONG_BYTES)).toString('base64') }),
    );
    const failing = forEachChunk(array, places, { chunkBytes: 2000 }, () => {
      throw new Error('enough');
    });
    await expect(failing).rejects.toThrow('enough');
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(forEachChunk(array, places, { chunkBytes: 2000, signal }, () => {})).rejects.toThrow('stopped');
  } finally {
    await store.close();
  }
});

/** Chunks of two files side by side, in no order; the second file is too short for some of them. */
function shardRef(index: number): ChunkRef {
  const inner = (index * 37) % 100;
  return { index, source: 0, key: index % 3 === 0 ? '/short' : '/shard', range: { offset: inner * 97, length: 97 } };
}

test.each(['uring', 'node'] as const)(
  'forEachChunk() reads the chunks of a shard together, engine %s',
  async (engine) => {
    writeFileSync(path.join(directory, 'shard'), bytesOf(1, 9700));
    writeFileSync(path.join(directory, 'short'), bytesOf(2, 4444));
    const store = await openIfThere(engine);
    if (store === undefined) return;
    let reads = 0;
    const counting: ByteStore = {
      get: (...asked) => store.get(...asked),
      getRange: (...asked) => store.getRange(...asked),
      head: (...asked) => store.head(...asked),
      getMany(requests, options) {
        async function* counted() {
          for await (const some of requests) {
            reads += Array.isArray(some) ? some.length : 1;
            yield some;
          }
        }
        return store.getMany(counted(), options);
      },
    };
    const places = Array.from({ length: 100 }, (_, index) => [index]);
    async function* refs(chunks: Iterable<readonly number[]>) {
      yield [...chunks].map(([index = 0]) => shardRef(index));
    }
    try {
      const expected: unknown[] = [];
      const alone = { sources: [{ store, spec: undefined }], refs };
      for await (const chunk of readChunks(alone, places, { chunkBytes: 97 })) expected.push(plain(chunk));
      for (const ordered of [true, false]) {
        reads = 0;
        const found: { index: number }[] = [];
        const together = { sources: [{ store: counting, spec: undefined }], refs };
        await forEachChunk(together, places, { chunkBytes: 97, ordered }, (chunk) => found.push(plain(chunk) as never));
        if (!ordered) found.sort((a, b) => a.index - b.index);
        expect(found).toEqual(expected);
        expect(reads).toBeLessThanOrEqual(ordered ? 100 : 2);
      }
    } finally {
      await store.close();
    }
  },
);

async function openIfThere(engine: 'uring' | 'node'): Promise<LocalStore | undefined> {
  try {
    return await LocalStore.open(directory, { engine });
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    process.stderr.write(`skipped: ${error.message}\n`);
    return undefined;
  }
}

function plain({ bytes, error, ...rest }: { bytes: Uint8Array | undefined; error?: Error | undefined }): unknown {
  return { ...rest, bytes: bytes && Buffer.from(bytes).toString('base64'), failed: error !== undefined };
}
