import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Path } from '../../engine/engine.js';
import { canReadDirectories } from '../../native/directory.js';
import * as libc from '../../native/libc.js';
import { DeviceOrder, FILES_MIN } from './device-order.js';

vi.mock(import('../../native/libc.js'), { spy: true });

const COUNT = 300;

async function orderOf(paths: readonly Path[], offsets: readonly number[] = []): Promise<number[] | undefined> {
  const reads = {
    count: paths.length,
    pathOf: (index: number) => paths[index]!,
    offsetOf: (index: number) => offsets[index] ?? 0,
  };
  const deviceOrder = new DeviceOrder();
  const order = (await deviceOrder.pays(reads)) ? await deviceOrder.order(reads) : undefined;
  return order && [...order];
}

describe.skipIf(!canReadDirectories())(
  `DeviceOrder${canReadDirectories() ? '' : ' (only Linux on x64, arm64)'}`,
  () => {
    let root: string;
    let paths: string[];

    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'lsio-order-'));
      paths = Array.from({ length: COUNT }, (_, index) => join(root, `f${(index * 7) % COUNT}`));
      for (const path of paths) writeFileSync(path, 'x');
      for (const directory of ['a', 'b']) {
        mkdirSync(join(root, directory));
        for (let index = 0; index < 50; index++) writeFileSync(join(root, directory, `ä${index}`), 'x');
      }
      vi.mocked(libc.cacheResidency).mockReturnValue({ cachedPages: 0, dirtyPages: 0 });
    });
    afterAll(() => rmSync(root, { recursive: true }));

    test('order() puts files in any order into that of their inodes', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(
            Array.from({ length: COUNT }, (_, index) => index),
            { minLength: 40 },
          ),
          async (which) => {
            const asked = which.map((index) => paths[index]!);
            const expected = which.map((_, at) => at).sort((a, b) => statSync(asked[a]!).ino - statSync(asked[b]!).ino);
            expect(await orderOf(asked)).toEqual(expected);
            expect(await orderOf(asked.map((path) => Buffer.from(path)))).toEqual(expected);
          },
        ),
        { numRuns: 20 },
      );
    });

    test('order() goes directory by directory, and leaves those of few files as they are', async () => {
      const names = Array.from({ length: 50 }, (_, index) => index).reverse();
      const mixed = names.flatMap((name) => [join(root, 'b', `ä${name}`), join(root, 'a', `ä${name}`)]);
      mixed.splice(20, 0, '/etc/hostname', '/etc/passwd');
      const ordered = (await orderOf(mixed))!.map((index) => mixed[index]!);
      const byInode = (directory: string) =>
        names
          .map((name) => join(root, directory, `ä${name}`))
          .sort((one, other) => statSync(one).ino - statSync(other).ino);
      expect(ordered).toEqual([...byInode('b'), ...byInode('a'), '/etc/hostname', '/etc/passwd']);
    });

    test('order() of many reads lets the event loop turn', async () => {
      const asked = Array.from({ length: 20_000 }, (_, index) => paths[(index * 7919) % COUNT]!);
      const reads = {
        count: asked.length,
        pathOf: (index: number) => asked[index]!,
        offsetOf: (index: number) => index,
      };
      let turns = 0;
      const timer = setInterval(() => {}, 1000);
      const turning = (function turn(): NodeJS.Immediate {
        turns++;
        return setImmediate(() => {
          if (turns > 0) turn();
        });
      })();
      const order = await new DeviceOrder().order(reads);
      const seen = turns;
      turns = Number.NEGATIVE_INFINITY;
      clearImmediate(turning);
      clearInterval(timer);
      expect([...order!].sort((a, b) => a - b)).toEqual(asked.map((_, index) => index));
      // A turn for every 4,096 reads at least, twice over.
      expect(seen).toBeGreaterThanOrEqual(8);
    });

    test('order() puts ranges of one file in order of their offsets', async () => {
      const asked = paths.slice(0, 40).flatMap((path) => [path, path, path]);
      const offsets = asked.map((_, index) => (index % 3 === 0 ? 900 : index % 3 === 1 ? 5 : 70));
      const order = (await orderOf(asked, offsets))!;
      for (let at = 0; at < order.length; at += 3) {
        expect(new Set(order.slice(at, at + 3).map((index) => asked[index])).size).toBe(1);
        expect(order.slice(at, at + 3).map((index) => offsets[index])).toEqual([5, 70, 900]);
      }
    });

    test('order() has names that are not there come first, as given', async () => {
      const asked = [...paths.slice(0, 40), join(root, 'no'), join(root, 'none')];
      expect((await orderOf(asked))!.slice(0, 2)).toEqual([40, 41]);
    });

    test('order() leaves alone what is few, what is in no directory that can be read, and ranges of one file', async () => {
      expect(await orderOf(paths.slice(0, FILES_MIN - 1))).toBeUndefined();
      expect(await orderOf(paths.map((path) => `${path}/below`))).toBeUndefined();
      expect(await orderOf(paths.map((path) => path.replace(root, join(root, 'missing'))))).toBeUndefined();
      expect(await orderOf(Array.from({ length: 100 }, () => paths[0]!))).toBeUndefined();
      expect(await orderOf(Array.from({ length: 100 }, () => ''))).toBeUndefined();
    });

    test('order() leaves alone files that are in the page cache', async () => {
      vi.mocked(libc.cacheResidency).mockReturnValueOnce({ cachedPages: 0, dirtyPages: 0 });
      expect(await orderOf(paths)).toBeDefined();
      vi.mocked(libc.cacheResidency).mockReturnValue({ cachedPages: 1, dirtyPages: 0 });
      expect(await orderOf(paths)).toBeUndefined();
      vi.mocked(libc.cacheResidency).mockReturnValue(undefined);
      expect(await orderOf(paths)).toBeDefined();
      vi.mocked(libc.cacheResidency).mockReturnValue({ cachedPages: 0, dirtyPages: 0 });
    });

    test('order() does not wait for what stands in the place of a file', async () => {
      const odd = join(root, 'odd');
      mkdirSync(odd);
      const asked = Array.from({ length: 40 }, (_, index) => join(odd, `f${index}`));
      for (const path of asked) execFileSync('mkfifo', [path]);
      expect(await orderOf(asked)).toBeUndefined();
    });
  },
);
