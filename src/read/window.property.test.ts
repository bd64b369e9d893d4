import { setImmediate, setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { engineFor, Scratch } from '../engine/conformance-kit.js';
import { openEngine } from '../engine/open.js';
import type { Ordering } from './backend.js';
import { expectReceived, onEachEngine, type PathRequest, readMany, receive } from './read.testing.js';
import { ORDERED_WINDOW_MAX } from './window.js';

const MI = 1024 ** 2;
const SIZES = [0, 10, 4096, 70_000, 300_000, 3 * MI, 9 * MI];

/** Any order will do: they all have to give the same bytes. */
function orderBySeed(seed: number): Ordering {
  let state = seed;
  return {
    requestsMin: 1,
    probedMax: 1024,
    windowMax: 20_480,
    pays: () => setImmediate(true),
    async order({ count }) {
      const order = Uint32Array.from({ length: count }, (_, index) => index);
      for (let at = count - 1; at > 0; at--) {
        state = (state * 48_271) % (2 ** 31 - 1);
        const other = state % (at + 1);
        [order[at], order[other]] = [order[other]!, order[at]!];
      }
      return order;
    },
  };
}

onEachEngine((name) => {
  const scratch = new Scratch();
  const engine = engineFor(() => openEngine({ engine: name }));
  const shallow = engineFor(() => openEngine({ engine: name, queueDepth: 3 }));
  let files: { path: string; bytes: Buffer }[] = [];
  beforeAll(() => {
    files = SIZES.map((size) => scratch.file(size));
  });

  describe.each([true, false])('readMany() in another order than given, ordered: %j', (ordered) => {
    test('gives every request its bytes and its place, whatever the order', async () => {
      const which = fc.array(
        fc.oneof({ weight: 6, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(SIZES.length) }),
        { maxLength: 60 },
      );
      const part = fc.constantFrom<PathRequest['range']>(
        ...[undefined, undefined, { offset: 0, length: 5 }, { offset: 3, length: 4000 }, { suffixLength: 10 }],
      );
      const asked = which.chain((all) =>
        fc.tuple(...all.map((file) => fc.record({ file: fc.constant(file), range: part }))),
      );
      await fc.assert(
        fc.asyncProperty(asked, fc.integer({ min: 1, max: 1e9 }), fc.boolean(), async (asked, seed, deep) => {
          const ordering = orderBySeed(seed);
          const requests = asked.map(({ file, range }) => ({
            path: files[file]?.path ?? scratch.path('missing'),
            range,
          }));
          const coalesce = deep ? { gapBytesMax: 100, readBytesMax: MI } : undefined;
          const received = await receive(
            readMany(deep ? engine() : shallow(), requests, { ordered, coalesce, ordering }),
            requests,
          );
          expect(received).toHaveLength(asked.length);
          for (const [index, { file, range }] of asked.entries()) {
            const got = received[index]!;
            const { bytes } = files[file] ?? {};
            if (bytes === undefined) expect(got.error).toMatchObject({ code: 'ENOENT' });
            else if (range === undefined) expectReceived(got, bytes);
            else if ('suffixLength' in range) expectReceived(got, bytes.subarray(-range.suffixLength));
            else if (range.offset >= bytes.length) expect(got.error).toMatchObject({ kind: 'range' });
            else expectReceived(got, bytes.subarray(range.offset, range.offset + (range.length ?? 0)));
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  test('readMany() with ordered gets through when what is read before its turn is more than can be held', async () => {
    // The guess for the first window is 8 KiB a file: these are 300 times as much, and some come in pieces.
    const asked = Array.from({ length: 200 }, (_, index) => files[index % 25 === 7 ? 6 : index % 10 === 0 ? 4 : 5]!);
    let next = 0;
    for await (const { index, bytes, last, error } of readMany(engine(), asked, {
      ordered: true,
      ordering: orderBySeed(7),
    })) {
      if (error !== undefined) throw error;
      expect(index).toBe(next);
      if (last) next++;
      expect(bytes!.length).toBeGreaterThan(0);
    }
    expect(next).toBe(asked.length);
  });

  test('readMany() with ordered admits no more at a time than can be held, by the lengths that it has seen', async () => {
    const windows: number[] = [];
    const ordering: Ordering = {
      ...orderBySeed(1),
      async order({ count }) {
        windows.push(count);
        return Uint32Array.from({ length: count }, (_, index) => count - 1 - index);
      },
    };
    const asked = Array.from({ length: 3000 }, () => files[3]!);
    let taken = 0;
    for await (const { bytes } of readMany(engine(), asked, { ordered: true, ordering })) {
      expect(bytes!.length).toBe(70_000);
      if (taken++ % 500 === 0) await setTimeout(20);
    }
    expect(taken).toBe(3000);
    expect(windows[0]).toBeLessThanOrEqual(ORDERED_WINDOW_MAX);
    // 8 MiB of these files, once it is known how long they are.
    expect(windows.at(-1)).toBeLessThanOrEqual(121);
  });

  test('readMany() begins at once with what a slow source has brought', async () => {
    let end = () => {};
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* requests() {
      for (let index = 0; index < 100; index++) yield files[2]!;
      await until;
      yield files[1]!;
    }
    let got = 0;
    for await (const { bytes } of readMany(engine(), requests())) {
      got++;
      expect(bytes!.length).toBe(got <= 100 ? 4096 : 10);
      if (got === 100) end();
    }
    expect(got).toBe(101);
  });
});
