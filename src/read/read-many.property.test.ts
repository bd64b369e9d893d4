import { truncateSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { engineFor, Scratch } from '../engine/conformance-kit.js';
import { BUFFER_BYTES_MAX } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import { isLsioError } from '../errors.js';
import { type ByteRange, resolveRange } from '../range.js';
import { RealDisk } from '../sim/disk.js';
import { openSim, type SimEngine } from '../sim/engine.js';
import { PART_BYTES } from './parts.js';
import {
  expectReceived,
  onEachEngine,
  type PathRequest,
  type Received,
  readBatches,
  readMany,
  receive,
  watch,
} from './read.testing.js';

const SIZES = [0, 1, 100, 4096, 5000, 70_000, 300_000, BUFFER_BYTES_MAX, 9 * PART_BYTES, 19_000_000];

/** Sizes, offsets and lengths that lie around those of the files, and anything else. */
const bytes = fc.oneof(
  { weight: 3, arbitrary: fc.nat(6000) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...SIZES), fc.integer({ min: -2, max: 2 }))
      .map(([size, by]) => Math.max(0, size + by)),
  },
  { weight: 1, arbitrary: fc.nat(20_000_000) },
  { weight: 1, arbitrary: fc.constant(2 ** 40) },
);
const range: fc.Arbitrary<ByteRange | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ offset: bytes, length: bytes }) },
  { weight: 1, arbitrary: fc.record({ offset: bytes }) },
  { weight: 2, arbitrary: bytes.map((suffixLength) => ({ suffixLength })) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
/** Small files are likelier than large ones; requests on the same file come in a row. */
const runs = fc.array(
  fc.record({
    file: fc.oneof({ weight: 6, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(SIZES.length - 1) }),
    ranges: fc.array(range, { minLength: 1, maxLength: 6 }),
  }),
  { maxLength: 6 },
);
const sources = fc.constantFrom('array' as const, 'asynchronous' as const, 'batches' as const, 'arrays' as const);
const options = fc.record({
  ordered: fc.boolean(),
  coalesce: fc.oneof(
    fc.constantFrom('auto' as const, 'off' as const),
    fc.record({
      gapBytesMax: fc.constantFrom(-1, 0, 500, 1e6),
      readBytesMax: fc.constantFrom(1000, 65_536, BUFFER_BYTES_MAX),
    }),
  ),
  readBytesMax: fc.constantFrom(undefined, undefined, undefined, 100_001, 3_000_000),
});

/** Requests as the kinds of sources that there are. */
const SOURCES = {
  array: (requests: readonly PathRequest[]) => requests,
  async *asynchronous(requests: readonly PathRequest[]) {
    for (const request of requests) yield request;
  },
  batches: (requests: readonly PathRequest[]) => inBatches(requests),
  arrays: (requests: readonly PathRequest[]) => [requests.slice(0, 2), [], requests.slice(2)],
};

/** Of different lengths, an empty one among them. */
async function* inBatches(requests: readonly PathRequest[]) {
  for (let at = 0, length = 0; at < requests.length; at += length++) yield requests.slice(at, at + length);
}

onEachEngine((name) => {
  const scratch = new Scratch();
  const engine = engineFor(() => openEngine({ engine: name }));
  const shallow = engineFor(() => openEngine({ engine: name, queueDepth: 3 }));
  let files: { path: string; bytes: Buffer }[] = [];
  beforeAll(() => {
    files = SIZES.map((size) => scratch.file(size));
  });

  function expectRead(received: Received | undefined, request: PathRequest, expected: Buffer): void {
    const range = request.range ?? { offset: 0 };
    let extent: { offset: number; length: number };
    try {
      extent = resolveRange(range, expected.length);
    } catch (error) {
      if (!isLsioError(error, 'range')) throw error;
      expect(received?.error, JSON.stringify(range)).toMatchObject({ kind: 'range', path: request.path });
      return;
    }
    expectReceived(received, expected.subarray(extent.offset, extent.offset + extent.length), JSON.stringify(range));
    expect(received!.offset).toBe(extent.offset);
  }

  test('readMany() gives what resolveRange() says, for any requests and options', async () => {
    await fc.assert(
      fc.asyncProperty(runs, options, fc.boolean(), sources, async (runs, options, deep, kind) => {
        const requests = runs.flatMap(({ file, ranges }) =>
          ranges.map((range) => ({ path: files[file]!.path, range })),
        );
        const expected = runs.flatMap(({ file, ranges }) => ranges.map(() => files[file]!.bytes));
        const items = readMany(deep ? engine() : shallow(), SOURCES[kind](requests), options);
        const received = await receive(items, requests);
        expect(received).toHaveLength(requests.length);
        for (const [index, request] of requests.entries()) expectRead(received[index], request, expected[index]!);
      }),
      { numRuns: 80 },
    );
  });

  // No engine of ours takes part in these.
  describe.runIf(name === 'node')('readMany(), over simulated rings', () => {
    const engines = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 31 - 2 }));

    const memory = new Uint8Array(64 * 1024 ** 2);

    /** The real engine over a simulated ring, which answers at any time, in any order, and often only in part. */
    function simulated([queueDepth, seed]: readonly [number, number]): SimEngine {
      const faults = { delayMsMax: 5, interrupted: 0.02, again: 0.02, short: 0.1, partial: 0.1 };
      return openSim({ seed, disk: new RealDisk(), queueDepth, memory, faults });
    }

    test('gives what resolveRange() says', async () => {
      await fc.assert(
        fc.asyncProperty(runs, options, engines, async (runs, options, parameters) => {
          const { engine, slab } = simulated(parameters);
          const asked = runs.flatMap(({ file, ranges }) => ranges.map((range) => ({ file: files[file]!, range })));
          const requests = asked.map(({ file, range }) => ({ path: file.path, range }));
          const received = await receive(readMany(engine, requests, options), requests);
          expect(received).toHaveLength(requests.length);
          for (const [index, { file }] of asked.entries()) expectRead(received[index], requests[index]!, file.bytes);
          await engine.close();
          expect(slab.leasedBytes).toBe(0);
        }),
        { numRuns: 150, timeout: 100_000 },
      );
    });

    test('lends nothing while its taker waits for a read, which may need the memory', async () => {
      await fc.assert(
        fc.asyncProperty(runs, options, engines, async (runs, options, parameters) => {
          const { engine } = simulated(parameters);
          const requests = runs.flatMap(({ file, ranges }) =>
            ranges.map((range) => ({ path: files[file]!.path, range })),
          );
          const reads = readBatches(engine, requests, options);
          for (let ended = false; !ended; ) {
            let waits = true;
            const next = reads.next().then(({ done }) => {
              waits = false;
              ended = done === true;
            });
            while (waits) {
              await setImmediate();
              if (waits) expect(engine.sourceLeases).toBe(0);
            }
            await next;
          }
          await engine.close();
        }),
        { numRuns: 50, timeout: 100_000 },
      );
    });

    test('lends half the memory at most while its taker is busy', async () => {
      const { engine, slab } = simulated([128, 1]);
      const reads = readBatches(engine, Array(2000).fill({ path: files[4]!.path }));
      await reads.next();
      let before = -1;
      while (before !== slab.leasedBytes) {
        before = slab.leasedBytes;
        for (let turn = 0; turn < 500; turn++) await setImmediate();
      }
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThanOrEqual(engine.info.slabBytes / 2);
      await reads.return?.();
      await engine.close();
      expect(slab.leasedBytes).toBe(0);
    });

    test('goes on, however many of the files are long', async () => {
      const length = fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(8, 9) },
        { weight: 1, arbitrary: fc.constant(4) },
      );
      const which = fc.array(length, { minLength: 10, maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(which, fc.boolean(), engines, async (which, ordered, parameters) => {
          const { engine, slab } = simulated(parameters);
          const asked = which.map((index) => files[index]!);
          let bytes = 0;
          for await (const item of readMany(engine, asked, { ordered })) bytes += item.bytes!.length;
          expect(bytes).toBe(asked.reduce((sum, file) => sum + file.bytes.length, 0));
          await engine.close();
          expect(slab.leasedBytes).toBe(0);
        }),
        { numRuns: 10, timeout: 100_000 },
      );
    });
  });

  test('readMany() with readBytesMax makes no longer read, and puts up to 8 MiB together', async () => {
    const longest = watch(engine(), (_, length) => {
      lengths.push(length);
      return undefined;
    });
    let lengths: number[] = [];
    for (const readBytesMax of [512, 5000, 1_000_000]) {
      lengths = [];
      const asked = readBytesMax === 512 ? files.slice(1, 6) : files.slice(1);
      const requests = asked.flatMap(({ path, bytes }) => [
        { path },
        { path, range: { offset: 1 } },
        { path, range: { offset: 0, length: Math.min(bytes.length, 7_000_000) } },
        { path, range: { suffixLength: 6_000_000 } },
      ]);
      const received = await receive(readMany(longest.engine, requests, { readBytesMax, ordered: true }), requests);
      for (const [index, request] of requests.entries()) {
        const { bytes } = asked[index >> 2]!;
        expectRead(received[index], request, bytes);
        if (bytes.length <= BUFFER_BYTES_MAX) expect(received[index]!.items).toBe(1);
      }
      expect(Math.max(...lengths)).toBe(readBytesMax);
      expect(Math.min(...lengths)).toBeGreaterThan(0);
    }
  });

  describe('readMany() with coalesce', () => {
    test('merges by itself; off, it does not', async () => {
      const { path } = files[6]!;
      const requests = [0, 4596, 9192].map((offset) => ({ path, range: { offset, length: 500 } }));
      for (const [coalesce, reads] of [
        [undefined, 1],
        ['off', 3],
      ] as const) {
        const watched = watch(engine());
        await receive(readMany(watched.engine, requests, { coalesce }));
        expect([coalesce, watched.reads, watched.shares]).toEqual([coalesce, reads, 1]);
      }
    });

    test('lends what was not merged, and copies what was', async () => {
      const { path, bytes } = files[6]!;
      const requests = [0, 600, 100_000, 200_000].map((offset) => ({ path, range: { offset, length: 500 } }));
      const kept: { offset: number; bytes: Uint8Array }[] = [];
      for await (const item of readMany(engine(), requests)) kept.push({ offset: item.offset, bytes: item.bytes! });
      // Memory that was lent is overwritten when it is given back: that is what LSIO_DEBUG is for.
      const good = kept.filter((item) => bytes.subarray(item.offset, item.offset + 500).equals(item.bytes));
      expect(good.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual([0, 600]);
    });

    test('merges ranges that lie close together, and no others', async () => {
      const { path } = files[6]!;
      const requests = [0, 1000, 2600, 100_000, 99_000, 50].map((offset) => ({ path, range: { offset, length: 500 } }));
      const watched = watch(engine());
      await receive(readMany(watched.engine, requests, { coalesce: { gapBytesMax: 500, readBytesMax: 1e6 } }));
      // 0-1500 (with 50-550), 2600-3100, 99,000-100,500.
      expect(watched.reads).toBe(3);
      expect(watched.shares).toBe(1);
      expect(watched.closes()).toBe(1);
    });
  });

  test('readMany() never shows bytes that are not there while a file shrinks and grows', async () => {
    const { path, bytes } = scratch.file(9_000_000);
    let stop = false;
    const resizing = (async () => {
      for (let round = 0; !stop; round++) {
        truncateSync(path, round % 2 === 0 ? 8_500_000 : 9_000_000);
        await setImmediate();
      }
    })();
    for (let round = 0; round < 20; round++) {
      const [got] = await receive(readMany(engine(), [{ path }]));
      if (got!.error !== undefined) {
        expect(got!.error.kind).toBe('changed');
        continue;
      }
      expect(got!.bytes.length).toBeGreaterThanOrEqual(8_500_000);
      expect(got!.bytes.length).toBeLessThanOrEqual(9_000_000);
      expectReceived({ ...got!, bytes: got!.bytes.subarray(0, 8_500_000) }, bytes.subarray(0, 8_500_000));
      // What was cut off came back as zeroes.
      const tail = got!.bytes.subarray(8_500_000);
      expect(tail.every((byte, at) => byte === 0 || byte === bytes[8_500_000 + at])).toBe(true);
    }
    stop = true;
    await resizing;
  });
});
