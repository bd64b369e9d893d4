import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Engine, type ReadSource, TO_END } from '../../engine/engine.js';
import { CHANGED, ReadSlots, TOO_LARGE } from '../../engine/slots.js';
import { EAGAIN, ECANCELED, EIO, ENOENT } from '../../errno.js';
import { PAGE_BYTES, Slab } from '../../memory/slab.js';
import { FileCache } from './file-cache.js';
import type { Point } from './point-read.js';
import { PointReads } from './point-reads.js';

/* What becomes of each answer of an engine, and of reads that are aborted at any moment. */

const DEPTH = 4;
const directory = mkdtempSync(path.join(tmpdir(), 'lsio-outcomes-'));
afterAll(() => rmSync(directory, { recursive: true }));
const FILE = path.join(directory, 'file');
writeFileSync(FILE, Buffer.alloc(1000, 7));

/** Answers as a test says: an errno, or the text that is read, and the size that is told with TOO_LARGE. */
interface Told {
  readonly errno?: number;
  readonly text?: string;
  readonly total?: number;
}

function scripted() {
  const slab = new Slab(new Uint8Array(16 * PAGE_BYTES));
  const slots = new ReadSlots(slab, DEPTH, () => {});
  let source: ReadSource | undefined;
  let fail: (error: unknown) => void = () => {};
  let closed = 0;
  const share = (name: string) => ({ path: name, close: () => closed++ });
  const run = (given: ReadSource) => {
    source = given;
    const finished = new Promise((_, reject) => {
      fail = reject;
    });
    return { wake() {}, cancel() {}, finished };
  };
  const engine = { info: { queueDepth: DEPTH }, share, run } as unknown as Engine;
  const files = new FileCache(engine, (key) => key);
  const long: (number | undefined)[] = [];
  const reads = new PointReads(engine, files, async (_, sizeBytes) => {
    long.push(sizeBytes);
    return undefined;
  });
  /** A test looks at a rejection when it wants to. */
  const ask = (asked: Point) => {
    const outcome = reads.read(asked);
    outcome.catch(() => {});
    return outcome;
  };
  /** Takes what waits, and answers it. Returns what was asked: paths or files, offsets and lengths. */
  function serve(...told: Told[]) {
    const free = Int32Array.from({ length: DEPTH }, (_, slot) => slot);
    const count = source!.fill(slots, free, DEPTH);
    const asked = [...free.subarray(0, count)].map((slot) => ({
      path: slots.path[slot] ?? slots.file[slot]?.path,
      offset: slots.offset[slot],
      length: slots.length[slot],
    }));
    for (let slot = 0; slot < count; slot++) {
      const { errno = 0, text = '', total = 0 } = told[slot] ?? {};
      slots.errno[slot] = errno;
      slots.bytes[slot] = text.length;
      slots.start[slot] = slot * PAGE_BYTES;
      slots.memory.set(Buffer.from(text), slot * PAGE_BYTES);
      slots.total[slot] = total;
    }
    return { asked, done: () => source!.done(slots, free, count) };
  }
  return { ask, files, serve, long, fail: (error: unknown) => fail(error), closed: () => closed };
}

const point = (more: Partial<Point> = {}): Point => ({
  ...{ path: FILE, offset: 0, length: TO_END, suffixLength: -1, signal: undefined, into: undefined, file: undefined },
  ...more,
});
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("bytes come in memory of their own, or in the caller's, which must be large enough", async () => {
  const { ask, serve } = scripted();
  const into = new Uint8Array(5);
  const got = [ask(point()), ask(point({ into })), ask(point({ into: new Uint8Array(3) }))];
  serve({ text: 'one' }, { text: 'five5' }, { text: 'four' }).done();
  expect(text(await got[0])).toBe('one');
  expect(await got[1]).toBe(into);
  await expect(got[2]).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('3 bytes') });
});

test("a read that is aborted while it is in flight leaves the caller's memory alone", async () => {
  const { ask, serve, files } = scripted();
  const stop = new AbortController();
  const into = new Uint8Array(5);
  const aborted = [
    ask(point({ into, signal: stop.signal })),
    ask(point({ signal: stop.signal })),
    ask(point({ signal: stop.signal, file: files.take('/f') })),
  ];
  const { done } = serve({ text: 'five5' }, { errno: EIO }, { errno: ENOENT });
  stop.abort('enough');
  done();
  for (const read of aborted) await expect(read).rejects.toBe('enough');
  expect(into.every((byte) => byte === 0)).toBe(true);
});

test('ranges that touch are one read; each has its own outcome', async () => {
  const { ask, serve, files } = scripted();
  const stop = new AbortController();
  const range = (offset: number, signal?: AbortSignal) =>
    ask(point({ offset, length: 2, file: files.take('/f'), signal }));
  const whole = [range(0), range(2, stop.signal), range(4)];
  const first = serve({ text: 'aabbcc' });
  expect(first.asked).toEqual([{ path: '/f', offset: 0, length: 6 }]);
  stop.abort('enough');
  first.done();
  expect([text(await whole[0]), text(await whole[2])]).toEqual(['aa', 'cc']);
  await expect(whole[1]).rejects.toBe('enough');
  // Where bytes are missing, each is read for itself, and not with others again.
  const short = [range(0), range(2), range(4)];
  serve({ text: 'aabb' }).done();
  expect([text(await short[0]), text(await short[1])]).toEqual(['aa', 'bb']);
  const again = serve({ text: 'cc' });
  expect(again.asked).toEqual([{ path: '/f', offset: 4, length: 2 }]);
  again.done();
  expect(text(await short[2])).toBe('cc');
  const closed = [range(0), range(2)];
  serve({ errno: ECANCELED }).done();
  for (const read of closed) await expect(read).rejects.toMatchObject({ kind: 'closed' });
});

test('ranges that do not follow, are too long together, or are none, are read apart', () => {
  const { ask, serve, files } = scripted();
  const range = (offset: number, length: number, more: Partial<Point> = {}) =>
    void ask(point({ offset, length, file: files.take('/f'), ...more }));
  range(0, 200_000);
  range(200_000, 200_000);
  range(400_000, 5, { file: files.take('/g') });
  range(400_005, 0, { file: files.take('/g') });
  expect(serve().asked.map(({ length }) => length)).toEqual([200_000, 200_000, 5, 0]);
});

test('what does not fit into one read is read in parts, by the size if it was told', async () => {
  const { ask, serve, long } = scripted();
  const both = [ask(point()), ask(point())];
  serve({ errno: TOO_LARGE, total: 9_000_000 }, { errno: TOO_LARGE }).done();
  expect(await Promise.all(both)).toEqual([undefined, undefined]);
  expect(long).toEqual([9_000_000, undefined]);
});

test('what is not there has no bytes, and other errors name file and offset', async () => {
  const { ask, serve } = scripted();
  const [absent, broken] = [ask(point()), ask(point({ offset: 10, length: 5 }))];
  serve({ errno: ENOENT }, { errno: EIO, text: 'abc' }).done();
  expect(await absent).toBeUndefined();
  await expect(broken).rejects.toMatchObject({ kind: 'read', code: 'EIO', path: FILE, offset: 13 });
});

test('an open file that has changed, or has nothing there, is opened anew under its name', async () => {
  for (const first of [{ errno: CHANGED }, {}]) {
    const { ask, serve, files, closed } = scripted();
    const read = ask(point({ offset: 5, length: 5, file: files.take(FILE) }));
    serve(first).done();
    expect(closed()).toBe(1);
    const again = serve({ text: 'later' });
    expect(again.asked).toEqual([{ path: FILE, offset: 5, length: 5 }]);
    again.done();
    expect(text(await read)).toBe('later');
  }
  const { ask, serve } = scripted();
  const read = ask(point({ suffixLength: 5 }));
  serve({ errno: CHANGED }).done();
  await expect(read).rejects.toMatchObject({ kind: expect.stringMatching(/read|changed/) });
});

test('nothing at an offset is past the end by the size, else it is asked for once more', async () => {
  for (const name of [FILE, Buffer.from(FILE)]) {
    const { ask, serve } = scripted();
    const [past, within] = [1000, 999].map((offset) => ask(point({ path: name, offset, length: 5 })));
    serve({}, {}).done();
    await expect(past).rejects.toMatchObject({ kind: 'range', message: expect.stringContaining('1000') });
    // The stats of both came in one turn or two.
    let again = serve({});
    while (again.asked.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      again = serve({});
    }
    expect(again.asked).toMatchObject([{ offset: 999 }]);
    again.done();
    await expect(within).rejects.toMatchObject({ kind: 'range' });
  }
  const { ask, serve } = scripted();
  const gone = ask(point({ path: path.join(directory, 'none'), offset: 5, length: 5 }));
  const stop = new AbortController();
  const aborted = ask(point({ offset: 5000, length: 5, signal: stop.signal }));
  const odd = ask(point({ path: path.join(FILE, 'below'), offset: 5, length: 5 }));
  serve({}, {}, {}).done();
  stop.abort('enough');
  expect(await gone).toBeUndefined();
  expect(await odd).toBeUndefined();
  await expect(aborted).rejects.toBe('enough');
});

test('when the run fails all fail: queued, in flight, merged, waiting for a stat, and later ones', async () => {
  const { ask, serve, files, fail } = scripted();
  const sizing = ask(point({ offset: 2000, length: 5 }));
  serve({}).done();
  const merged = [0, 2].map((offset) => ask(point({ offset, length: 2, file: files.take('/f') })));
  serve();
  const queued = ask(point());
  fail(new Error(`errno ${EAGAIN}`));
  for (const read of [sizing, ...merged, queued]) await expect(read).rejects.toThrow('errno');
  await expect(ask(point())).rejects.toThrow('errno');
});
