import { mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalStore } from '../dist/index.js';
import { Random } from '../src/sim/random.js';
import { noUring } from './helpers/engine-child.js';

/*
 * Millions of ranges of random trees, by every engine, depth, number of rings and way of reading, compared with what
 * `node:fs` reads of the same files.
 */

const RANGES = Number(process.env.LSIO_RANGES ?? 3_100_000);
const RANGES_A_ROUND = 20_000;
const SIZES = [0, 1, 511, 4095, 4096, 4097, 70_000, 300_000, 2_000_000];
const SEED = Number(process.env.LSIO_SEED ?? 1);

let directory = '';
const files: { readonly key: string; readonly fd: number; readonly size: number }[] = [];
beforeAll(() => {
  directory = mkdtempSync(path.join(process.env.TMPDIR ?? tmpdir(), 'lsio-ranges-'));
  const random = new Random(SEED);
  for (let number = 0; number < 200; number++) {
    const folder = Array.from({ length: random.below(4) }, () => `d${random.below(5)}`).join('/');
    const size = random.chance(0.5) ? random.pick(SIZES) : random.below(100_000);
    const key = `/${folder === '' ? '' : `${folder}/`}f${number}`;
    const bytes = Buffer.alloc(size);
    for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(random.next(), at);
    mkdirSync(path.join(directory, folder), { recursive: true });
    writeFileSync(directory + key, bytes);
    files.push({ key, size, fd: openSync(directory + key, 'r') });
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

test(`${RANGES} ranges, LSIO_SEED=${SEED}`, async () => {
  const random = new Random(SEED + 1);
  const expected = Buffer.alloc(4_000_000);
  let compared = 0;
  const by = new Map<string, number>();
  while (compared < RANGES) {
    const engine = noUring === undefined && random.chance(0.8) ? 'uring' : 'node';
    const rings = engine === 'uring' ? random.pick([1, 1, 2]) : 1;
    const queueDepth = random.pick([1, 7, 64, 256]);
    const store = await LocalStore.open(directory, { engine, rings, queueDepth });
    const options = {
      ordered: random.chance(0.5),
      direct: engine === 'uring' && random.chance(0.3) ? ('on' as const) : ('off' as const),
      coalesce: random.pick(['auto', 'off', { gapBytesMax: 5000, readBytesMax: 100_000 }] as const),
    };
    const requests = Array.from({ length: options.direct === 'on' ? RANGES_A_ROUND / 10 : RANGES_A_ROUND }, () => {
      const file = random.pick(files);
      const offset = random.below(Math.max(1, file.size));
      const length = random.below(random.pick([2, 600, 5000]));
      return { key: file.key, range: { offset, length }, file };
    });
    for await (const batch of store.getMany(requests, options)) {
      for (const item of batch) {
        const { file, range } = requests[item.index]!;
        const count = readSync(file.fd, expected, 0, range.length, range.offset);
        const what = `range ${range.offset}+${range.length} of ${file.key}, ${JSON.stringify({ engine, rings, ...options })}`;
        if (!item.ok) {
          // Only a range of an empty file begins at its end.
          if (item.error.kind !== 'range' || count > 0) throw new Error(what, { cause: item.error });
        } else if (item.bytes.length !== count || expected.compare(item.bytes, 0, count, 0, count) !== 0) {
          throw new Error(`wrong bytes: ${what}`);
        }
        compared++;
      }
    }
    await store.close();
    const way = `${engine} ${rings} ${options.direct}`;
    by.set(way, (by.get(way) ?? 0) + requests.length);
  }
  process.stdout.write(`${compared} ranges compared: ${JSON.stringify(Object.fromEntries(by))}\n`);
  expect(compared).toBeGreaterThanOrEqual(RANGES);
});
