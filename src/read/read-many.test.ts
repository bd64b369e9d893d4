import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { engineFor, expectBytes, pattern, Scratch, SilentFifo, sleep, withEngine } from '../engine/conformance-kit.js';
import { BUFFER_BYTES_MAX, type Engine, type EngineName } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import type { Lease, ReadItem, ReadValue } from './item.js';
import { PART_BYTES } from './parts.js';
import {
  expectReceived,
  onEachEngine,
  type PathRequest,
  readBatches,
  readMany,
  receive,
  watch,
} from './read.testing.js';

const MI = 1024 ** 2;
const SIZES = [0, 1, 511, 4095, 4096, 4097, 8191, 8192, 8193, 64 * 1024 + 1, 300_000, MI + 1];
const LONG_SIZES = [BUFFER_BYTES_MAX - 1, BUFFER_BYTES_MAX, BUFFER_BYTES_MAX + 1, 9 * PART_BYTES, 20 * MI + 5];

onEachEngine((name) => {
  const open = (queueDepth?: number) => openEngine({ engine: name, ...(queueDepth !== undefined && { queueDepth }) });

  describe.each([true, false])('readMany(), ordered: %j', (ordered) => {
    const scratch = new Scratch();
    const engine = engineFor(open);

    test('gives whole files of all sizes', async () => {
      const files = [...SIZES, ...LONG_SIZES, ...SIZES].map((size) => scratch.file(size));
      const received = await receive(readMany(engine(), files, { ordered }), files);
      for (const [index, file] of files.entries()) {
        expectReceived(received[index], file.bytes, file.path);
        if (file.bytes.length <= BUFFER_BYTES_MAX) expect(received[index]!.items).toBe(1);
      }
    });

    test('gives files of more than a piece in as many items as they take', async () => {
      const files = [9 * PART_BYTES, 9 * PART_BYTES + 1].map((size) => scratch.file(size));
      const received = await receive(readMany(engine(), files, { ordered }));
      expect(received.map(({ items }) => items)).toEqual([9, 10]);
    });

    test('gives many long files, which compete for the room for pieces', async () => {
      const [one, other] = [scratch.file(9 * PART_BYTES), scratch.file(20 * PART_BYTES)];
      const files = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other));
      let bytes = 0;
      for await (const item of readMany(engine(), files, { ordered })) bytes += item.bytes!.length;
      expect(bytes).toBe(10 * 29 * PART_BYTES);
    });

    test('fails only what fails, each with its path and offset', async () => {
      const good = scratch.file(10_000);
      const fifo = new SilentFifo(scratch.path(`fifo-${ordered}`));
      mkdirSync(scratch.path(`dir-${ordered}`));
      const bad: [PathRequest, object][] = [
        [{ path: scratch.path('missing') }, { kind: 'read', code: 'ENOENT' }],
        [
          { path: scratch.path('missing'), range: { suffixLength: 1 } },
          { kind: 'read', code: 'ENOENT' },
        ],
        [
          { path: scratch.path('missing'), range: { offset: 7, length: 9 * MI } },
          { kind: 'read', code: 'ENOENT' },
        ],
        [
          { path: scratch.path('missing'), range: { offset: 7, length: 0 } },
          { kind: 'read', offset: 7 },
        ],
        [{ path: `${good.path}/below` }, { kind: 'read', code: 'ENOTDIR' }],
        [{ path: scratch.path('x'.repeat(5000)) }, { kind: 'read', code: 'ENAMETOOLONG' }],
        [{ path: scratch.path(`dir-${ordered}`) }, { kind: 'read', code: 'EISDIR' }],
        [
          { path: scratch.path(`dir-${ordered}`), range: { suffixLength: 5 } },
          { kind: 'read', code: 'EISDIR' },
        ],
        [{ path: fifo.path }, { kind: 'read', path: fifo.path }],
        [
          { path: fifo.path, range: { suffixLength: 5 } },
          { kind: 'read', path: fifo.path },
        ],
        [{ path: '' }, { kind: 'read', code: 'ENOENT' }],
        [{ path: `${good.path}\0` }, { kind: 'usage' }],
        [{ path: Buffer.from(`${good.path}\0x`) }, { kind: 'usage' }],
        [{ path: good.path, range: { offset: -1, length: 1 } }, { kind: 'usage' }],
        [{ path: good.path, range: { offset: 0, length: 1.5 } }, { kind: 'usage' }],
        [{ path: good.path, range: { suffixLength: 2 ** 53 } }, { kind: 'usage' }],
        [
          { path: good.path, range: { offset: 10_000, length: 1 } },
          { kind: 'range', offset: 10_000 },
        ],
        [
          { path: good.path, range: { offset: 2 ** 52 } },
          { kind: 'range', path: good.path },
        ],
        [
          { path: good.path, range: { offset: 10_001, length: 9 * MI } },
          { kind: 'range', offset: 10_001 },
        ],
      ];
      const requests = bad.flatMap(([request]) => [request, { path: good.path }]);
      const received = await receive(readMany(engine(), requests, { ordered }), requests);
      fifo.remove();
      for (const [index, [, error]] of bad.entries()) {
        expect(received[index * 2]!.error, JSON.stringify(error)).toMatchObject(error);
        expectReceived(received[index * 2 + 1], good.bytes);
      }
    });

    test('reads what has a size of 0 and content', async () => {
      const path = '/proc/self/limits';
      const requests: PathRequest[] = [{ path }, { path, range: { suffixLength: 50 } }, { path, range: { offset: 5 } }];
      const [whole, tail, rest] = await receive(readMany(engine(), requests, { ordered }));
      expect(whole!.bytes.length).toBeGreaterThan(500);
      expectReceived(tail, whole!.bytes.subarray(-50));
      expect(tail!.offset).toBe(whole!.bytes.length - 50);
      expectReceived(rest, whole!.bytes.subarray(5));
    });

    test('reads paths that are not UTF-8', async () => {
      const path = Buffer.concat([Buffer.from(scratch.path('')), Buffer.from([0x61, 0xff, 0xfe, 0x62])]);
      writeFileSync(path, pattern(3, 5000));
      const requests = [{ path }, { path, range: { suffixLength: 10 } }, { path: Buffer.from([0xff]) }];
      const [whole, tail, missing] = await receive(readMany(engine(), requests, { ordered }));
      expectReceived(whole, pattern(3, 5000));
      expectReceived(tail, pattern(3, 5000).subarray(-10));
      expect(missing!.error).toMatchObject({ code: 'ENOENT', path: '\ufffd' });
    });

    test('opens a file once for ranges that follow one another, and closes it', async () => {
      const [one, other] = [scratch.file(50_000), scratch.file(50_000)];
      const requests = [one, one, one, other, one, one].map(({ path }, index) => ({
        path,
        range: { offset: index * 1000, length: 500 },
      }));
      const watched = watch(engine());
      const received = await receive(readMany(watched.engine, requests, { ordered }));
      for (const [index, { range }] of requests.entries()) {
        const { bytes } = index === 3 ? other : one;
        expectReceived(received[index], bytes.subarray(range.offset, range.offset + 500));
      }
      expect(watched.shares).toBe(1);
      expect(watched.closes()).toBe(1);
    });

    test('closes a long file when it is through', async () => {
      const long = scratch.file(9 * MI);
      const watched = watch(engine());
      let end = () => {};
      async function* requests() {
        yield long;
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      }
      for await (const { last } of readMany(watched.engine, requests(), { ordered })) {
        if (!last) continue;
        await expect.poll(() => watched.closes()).toBe(1);
        end();
      }
      expect(watched.shares).toBe(1);
    });

    test('takes requests as they are needed: 100,000 of them in bounded memory', async () => {
      const file = scratch.file(4096);
      let taken = 0;
      let ahead = 0;
      let received = 0;
      let rssBytes = 0;
      async function* requests() {
        for (; taken < 100_000; taken++) yield { path: file.path, range: { offset: taken % 4000, length: 64 } };
      }
      for await (const item of readMany(engine(), requests(), { ordered })) {
        if (item.error !== undefined) throw item.error;
        if (received++ === 10_000) rssBytes = process.memoryUsage.rss();
        ahead = Math.max(ahead, taken - received);
      }
      expect(received).toBe(100_000);
      // What is taken in advance, and what waits to be taken.
      expect(ahead).toBeLessThan(8192);
      expect(process.memoryUsage.rss() - rssBytes).toBeLessThan(100 * MI);
    });

    test('takes no more requests while nobody takes items', async () => {
      const file = scratch.file(256 * 1024);
      let taken = 0;
      function* requests() {
        for (; taken < 100_000; taken++) yield file;
      }
      const reads = readMany(engine(), requests(), { ordered });
      await reads.next();
      await sleep(100);
      expect(taken).toBeLessThan(1100);
      expect(await reads.return?.()).toEqual({ done: true, value: undefined });
    });

    test('takes few requests in advance when they are to be read in the order given', async () => {
      const file = scratch.file(256 * 1024);
      let taken = 0;
      function* requests() {
        for (; taken < 10_000; taken++) yield file;
      }
      const reads = readMany(engine(), requests(), { ordered });
      await reads.next();
      await sleep(100);
      expect(taken).toBeLessThan(500);
      await reads.return?.();
    });

    test('leaves memory to others while its taker is busy', async () => {
      await withEngine(open, async (engine) => {
        // Files of mixed sizes, so that small ones are read into pieces for larger ones.
        const files = Array.from({ length: 200 }, (_, index) => scratch.file(index % 10 === 0 ? 250_000 : 3000));
        const large = scratch.file(BUFFER_BYTES_MAX - 1);
        let index = 0;
        for await (const item of readMany(engine, files, { ordered: true })) {
          if (index % 20 === 0) {
            const requests = Array.from({ length: 3 }, () => large);
            for (const got of await receive(readMany(engine, requests))) expectReceived(got, large.bytes);
          }
          expectBytes(Buffer.from(item.bytes!), files[index]!.bytes, files[index]!.path);
          index++;
        }
        expect(index).toBe(files.length);
      });
    });

    test('works at queue depth 1', async () => {
      await withEngine(
        open,
        async (engine) => {
          const files = [...SIZES, 9 * MI, ...SIZES].map((size) => scratch.file(size));
          const received = await receive(
            readMany(engine, files, { ordered, coalesce: { gapBytesMax: 0, readBytesMax: MI } }),
          );
          for (const [index, file] of files.entries()) expectReceived(received[index], file.bytes, file.path);
        },
        1,
      );
    });
  });

  describe('readMany()', () => {
    const scratch = new Scratch();
    const engine = engineFor(open);

    test('gives items in the order of the requests if asked to', async () => {
      const sizes = [9 * MI, 10, 12 * MI, 300_000, 0, 5000];
      const requests: PathRequest[] = Array.from({ length: 300 }, (_, index) => {
        if (index % 50 === 7) return { path: '/missing' };
        if (index % 50 === 9) return { path: scratch.file(100).path, range: { suffixLength: 5 } };
        return scratch.file(index < sizes.length ? sizes[index]! : (index * 7919) % 20_000);
      });
      const indexes: number[] = [];
      for await (const { index, last } of readMany(engine(), requests, { ordered: true }))
        if (last) indexes.push(index);
      expect(indexes).toEqual(requests.map((_, index) => index));
    });

    test('lends bytes until the next batch', async () => {
      const files = [scratch.file(5000), scratch.file(5000)];
      let take = () => {};
      const taken = new Promise<void>((resolve) => {
        take = resolve;
      });
      async function* requests() {
        yield files[0]!;
        await taken;
        yield files[1]!;
      }
      const reads = readBatches(engine(), requests(), { ordered: true });
      const [first] = (await reads.next()).value!;
      expectBytes(Buffer.from(first!.bytes!), files[0]!.bytes, 'the first');
      take();
      const [second] = (await reads.next()).value!;
      expect(first!.bytes).toHaveLength(0);
      expectBytes(Buffer.from(second!.bytes!), files[1]!.bytes, 'the second');
      expect(await reads.next()).toEqual({ done: true, value: undefined });
      expect(second!.bytes).toHaveLength(0);
      expect(await reads.next()).toEqual({ done: true, value: undefined });
    });

    test('lease() keeps bytes until they are released, while thousands are read', async () => {
      const files = Array.from({ length: 40 }, (_, index) => scratch.file(1000 + index * 7000));
      const leases: { file: (typeof files)[number]; lease: Lease }[] = [];
      let items = 0;
      for await (const batch of readBatches(
        engine(),
        Array.from({ length: 2000 }, (_, at) => files[at % 40]!),
      )) {
        for (const item of batch) {
          if (!item.ok) throw item.error;
          if (items++ % 3 === 0) leases.push({ file: item.request as (typeof files)[number], lease: item.lease() });
          if (leases.length < 300) continue;
          const { file, lease } = leases.shift()!;
          expectBytes(Buffer.from(lease.bytes), file.bytes, file.path);
          lease.release();
          expect(lease.bytes).toHaveLength(0);
          lease.release();
        }
      }
      expect(items).toBe(2000);
      for (const { file, lease } of leases) {
        expectBytes(Buffer.from(lease.bytes), file.bytes, file.path);
        lease[Symbol.dispose]();
      }
    });

    test('lease() of an item whose batch has ended is an error', async () => {
      const reads = readBatches(engine(), [scratch.file(10)]);
      const [item] = (await reads.next()).value!;
      await reads.next();
      expect(() => (item as ReadValue<unknown>).lease()).toThrow(expect.objectContaining({ kind: 'usage' }));
    });

    test('has no more reads in flight than it may', async () => {
      const files = Array.from({ length: 300 }, (_, index) => scratch.file(index % 50 === 0 ? 3 * MI : 2000));
      const watched = watch(engine());
      for (const maxInFlight of [1, 3]) {
        watched.inFlightMax = 0;
        const received = await receive(readMany(watched.engine, files, { maxInFlight }));
        for (const [index, file] of files.entries()) expectReceived(received[index], file.bytes);
        expect(watched.inFlightMax).toBeLessThanOrEqual(maxInFlight);
        expect(watched.inFlightMax).toBeGreaterThan(0);
      }
    });

    test('serves several next() in turn', async () => {
      const files = [scratch.file(10), scratch.file(20), scratch.file(30)];
      const reads = readBatches(engine(), files, { ordered: true });
      const results = await Promise.all([reads.next(), reads.next(), reads.next(), reads.next(), reads.next()]);
      expect(results.flatMap(({ value }) => value?.map((item: ReadItem<unknown>) => item.index) ?? [])).toEqual([
        0, 1, 2,
      ]);
      expect(results.at(-1)).toEqual({ done: true, value: undefined });
    });

    test('reads nothing for no requests', async () => {
      expect(await receive(readMany(engine(), []))).toEqual([]);
      async function* none(): AsyncGenerator<PathRequest> {}
      expect(await receive(readMany(engine(), none()))).toEqual([]);
    });

    test('gives items of a source that waits before it brings more', async () => {
      const file = scratch.file(3000);
      async function* requests() {
        for (let index = 0; index < 5; index++) {
          await sleep(5);
          yield file;
        }
        await sleep(5);
      }
      const received = await receive(readMany(engine(), requests()));
      expect(received).toHaveLength(5);
      for (const got of received) expectReceived(got, file.bytes);
    });

    test('ends cleanly when it is left early: the source hears of it, the memory is free', async () => {
      const files = Array.from({ length: 64 }, () => scratch.file(MI));
      for (let round = 0; round < 12; round++) {
        let told = false;
        function* requests() {
          try {
            for (;;) yield* files;
          } finally {
            told = true;
          }
        }
        for await (const item of readMany(engine(), requests(), { ordered: round % 2 === 0 })) {
          if (item.index === round) break;
        }
        expect(told).toBe(true);
      }
      // 12 times the memory was lent: were it not given back, this would wait for ever.
      const large = scratch.file(BUFFER_BYTES_MAX);
      for (const got of await receive(readMany(engine(), Array(8).fill(large), { ordered: true }))) {
        expectReceived(got, large.bytes);
      }
    });

    test('throws what the source throws', async () => {
      const error = new Error('no more');
      const file = scratch.file(100);
      function* requests() {
        yield file;
        throw error;
      }
      async function* asyncRequests() {
        yield file;
        await sleep(1);
        throw error;
      }
      await expect(receive(readMany(engine(), requests()))).rejects.toBe(error);
      await expect(receive(readMany(engine(), asyncRequests()))).rejects.toBe(error);
      const nothing = 5 as unknown as [];
      expect(() => readBatches(engine(), nothing)).toThrow(expect.objectContaining({ kind: 'usage' }));
    });

    test('throws the reason of the signal', async () => {
      const reason = new Error('enough');
      const files = Array.from({ length: 500 }, () => scratch.file(5000));
      const before = receive(readMany(engine(), files, { signal: AbortSignal.abort(reason) }));
      await expect(before).rejects.toBe(reason);

      for (const ordered of [true, false]) {
        const controller = new AbortController();
        const seen: number[] = [];
        const during = (async () => {
          for await (const item of readMany(engine(), files, { signal: controller.signal, ordered })) {
            seen.push(item.index);
            if (seen.length === 10) controller.abort(reason);
            // What is lent stays lent until the next item is asked for.
            expectBytes(Buffer.from(item.bytes!), files[item.index]!.bytes, 'the lent bytes');
          }
        })();
        await expect(during).rejects.toBe(reason);
        // The batch is its taker's, whatever becomes of the rest.
        expect(seen.length).toBeGreaterThanOrEqual(10);
        expect(seen.length).toBeLessThan(files.length);
      }
    });

    test('throws the reason of the signal while it waits for requests', async () => {
      const controller = new AbortController();
      async function* requests(): AsyncGenerator<PathRequest> {
        await new Promise(() => {});
      }
      const waiting = receive(readMany(engine(), requests(), { signal: controller.signal }));
      await setImmediate();
      controller.abort();
      await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    });

    test('throws "closed" when the engine is closed, before or meanwhile', async () => {
      const files = Array.from({ length: 300 }, () => scratch.file(50_000));
      const own = await open();
      let kept: Uint8Array | undefined;
      const reading = (async () => {
        for await (const item of readMany(own, files)) {
          if (item.error !== undefined) throw new Error(`an item failed: ${item.error.message}`);
          kept ??= item.bytes!;
          if (item.index === 50) own.close();
          await setImmediate();
        }
      })();
      await expect(reading).rejects.toThrow(expect.objectContaining({ kind: 'closed' }));
      await own.close();
      // Whoever looks at lent bytes too late sees nonsense, and goes on.
      expect(kept!.reduce((sum, byte) => sum + byte, 0)).toBeTypeOf('number');
      await expect(receive(readMany(own, files))).rejects.toThrow(expect.objectContaining({ kind: 'closed' }));
    });

    test('survives garbage collection at any time', async () => {
      const files = Array.from({ length: 100 }, (_, index) => scratch.file(1000 + index * 300));
      let index = 0;
      for await (const item of readMany(engine(), [...files, ...files], { ordered: true })) {
        if (index % 7 === 0) globalThis.gc?.();
        expectBytes(Buffer.from(item.bytes!), files[index % files.length]!.bytes, `item ${index}`);
        index++;
      }
      expect(index).toBe(200);
    });
  });

  describe('readMany() of files that go wrong', () => faultTests(name));
});

/** Faults of files, brought about between the engine and the reading. */
function faultTests(name: EngineName): void {
  const { EIO } = constants.errno;
  const scratch = new Scratch();
  const engine = engineFor(() => openEngine({ engine: name }));

  test('an error in mid-file ends that request at its offset, after what came before', async () => {
    const good = scratch.file(2000);
    const long = scratch.file(12 * MI);
    const at = 5 * MI + 17;
    const { engine: spoiled } = watch(engine(), (offset, length) =>
      offset <= at && at < offset + length ? { errno: EIO, bytes: at - offset } : undefined,
    );
    for (const ordered of [true, false]) {
      const requests = [good, long, good];
      const received = await receive(readMany(spoiled, requests, { ordered }));
      expect(received[1]!.error).toMatchObject({ kind: 'read', code: 'EIO', offset: at, path: long.path });
      expectBytes(received[1]!.bytes, long.bytes.subarray(0, 5 * MI), 'what came before');
      for (const index of [0, 2]) expectReceived(received[index], good.bytes);
    }
  });

  test('an error in merged reads fails only the ranges that it lies in', async () => {
    const { path, bytes } = scratch.file(100_000);
    const at = 30_500;
    const { engine: spoiled } = watch(engine(), (offset, length) =>
      offset <= at && at < offset + length ? { errno: EIO, bytes: at - offset } : undefined,
    );
    const requests = [10_000, 20_000, 29_000, 30_000, 31_000, 40_000].map((offset) => ({
      path,
      range: { offset, length: 1000 },
    }));
    const coalesce = { gapBytesMax: 100_000, readBytesMax: MI };
    for (const ordered of [true, false]) {
      const received = await receive(readMany(spoiled, requests, { ordered, coalesce }));
      for (const [index, { range }] of requests.entries()) {
        if (range.offset === 30_000) expect(received[index]!.error).toMatchObject({ code: 'EIO', offset: at });
        else expectReceived(received[index], bytes.subarray(range.offset, range.offset + 1000));
      }
    }
  });

  test('a longest read that makes no sense is refused', () => {
    for (const readBytesMax of [0, 511, 1000.5, Number.NaN, 8 * MI + 1]) {
      expect(() => readBatches(engine(), [], { readBytesMax })).toThrow(expect.objectContaining({ kind: 'usage' }));
    }
  });

  test('an error in a range that is read in parts is met where it lies', async () => {
    const { path } = scratch.file(100_000);
    const at = 30_500;
    const { engine: spoiled } = watch(engine(), (offset, length) =>
      offset <= at && at < offset + length ? { errno: EIO, bytes: at - offset } : undefined,
    );
    for (const range of [undefined, { offset: 100 }, { offset: 0, length: 90_000 }, { suffixLength: 80_000 }]) {
      const [got] = await receive(readMany(spoiled, [{ path, range }], { readBytesMax: 4096 }));
      expect(got!.error).toMatchObject({ code: 'EIO', offset: at, path });
      expect(got!.bytes).toHaveLength(0);
    }
  });

  test('a file that has changed its length since it was looked at is read to its end, by short reads too', async () => {
    for (const lengthBytes of [5001, 4096, 50_000, 8 * MI, 9 * MI, 700]) {
      const { path, bytes } = scratch.file(5000);
      const content = Buffer.concat([bytes, pattern(7, 9 * MI)]).subarray(0, lengthBytes);
      const { engine: base } = watch(engine());
      const changing: Engine = {
        info: base.info,
        share(...args) {
          writeFileSync(path, content);
          return base.share(...args);
        },
        run: (...args) => base.run(...args),
        close: () => base.close(),
      };
      const [got] = await receive(readMany(changing, [{ path }], { readBytesMax: 4096 }));
      expectReceived(got, content);
      if (lengthBytes <= BUFFER_BYTES_MAX) expect(got!.items).toBe(1);
    }
  });

  test.skipIf(process.platform !== 'linux')('files without a size, and what is no file, with short reads', async () => {
    const empty = scratch.file(0);
    const requests = ['/proc/self/status', empty.path, '/dev/zero', '/', '/nosuch'].map((path) => ({ path }));
    const received = await receive(readMany(engine(), requests, { readBytesMax: 512, ordered: true }));
    expect(received[0]!.bytes.toString()).toMatch(/^Name:/);
    expect(received[1]).toMatchObject({ bytes: Buffer.alloc(0), error: undefined });
    expect(received.slice(2).map(({ error }) => error?.code ?? error?.message)).toEqual([
      expect.anything(),
      'EISDIR',
      'ENOENT',
    ]);
  });

  test('a file that is shorter than it says comes as long as it is', async () => {
    const { path, bytes } = scratch.file(12 * MI);
    const end = 9 * MI + 100;
    const { engine: spoiled } = watch(engine(), (offset, length) =>
      length > 0 && offset + length > end ? { errno: 0, bytes: Math.max(0, end - offset) } : undefined,
    );
    const [got] = await receive(readMany(spoiled, [{ path }]));
    expectReceived(got, bytes.subarray(0, end));
  });

  test('a hole where the file seemed to end is a change', async () => {
    const { path } = scratch.file(12 * MI);
    const hole = 3 * PART_BYTES;
    const { engine: spoiled } = watch(engine(), (offset) => (offset === hole ? { errno: 0, bytes: 5 } : undefined));
    const [got] = await receive(readMany(spoiled, [{ path }]));
    expect(got!.error).toMatchObject({ kind: 'changed', offset: hole + 5 });
  });

  test('a suffix that lost its end since the size was looked at is a change', async () => {
    const { path } = scratch.file(20_000);
    const { engine: spoiled } = watch(engine(), () => ({ errno: 0, bytes: 60 }));
    const [got] = await receive(readMany(spoiled, [{ path, range: { suffixLength: 100 } }]));
    expect(got!.error).toMatchObject({ kind: 'changed', offset: 19_960 });
  });
}
