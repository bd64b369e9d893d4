import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { expectBytes, pattern, Scratch, SilentFifo } from '../../engine/conformance-kit.js';
import { BUFFER_BYTES_MAX, type EngineName } from '../../engine/engine.js';
import { isLsioError } from '../../errors.js';
import { type ByteRange, resolveRange } from '../../range.js';
import { all, each, expectReceived, onEachEngine, receive } from '../../read/read.testing.js';
import type { AbsolutePath } from '../keys.js';
import { getRanges } from '../ranges.js';
import { LocalStore } from './local.js';

const MI = 1024 ** 2;
const SIZES = [0, 1, 511, 4096, 8192, 8193, 100_000, MI + 1, BUFFER_BYTES_MAX, BUFFER_BYTES_MAX + 1, 21 * MI + 3];

function closed(): unknown {
  return expect.objectContaining({ kind: 'closed' });
}

/** A store of files `/0` … of the sizes, opened and closed with the tests of one `describe`. */
function storeFor(name: EngineName) {
  const scratch = new Scratch();
  const files: { key: AbsolutePath; path: string; bytes: Buffer }[] = [];
  let store: LocalStore;
  beforeAll(async () => {
    for (const [index, size] of SIZES.entries()) {
      const file = { key: `/${index}` as const, path: scratch.path(String(index)), bytes: pattern(index, size) };
      writeFileSync(file.path, file.bytes);
      files.push(file);
    }
    mkdirSync(scratch.path('dir'));
    store = await LocalStore.open(scratch.path(''), { engine: name });
  });
  afterAll(() => store.close());
  return { scratch, files, store: () => store };
}

/** What a read of a range should come to: bytes, or the kind of an error. */
function expectedOf(range: ByteRange, bytes: Buffer): Buffer | 'range' {
  try {
    const { offset, length } = resolveRange(range, bytes.length);
    return bytes.subarray(offset, offset + length);
  } catch (error) {
    if (isLsioError(error, 'range')) return 'range';
    throw error;
  }
}

onEachEngine((name) => {
  describe('LocalStore', () => readingTests(name));
  describe('LocalStore and what is no value', () => absenceTests(name));
  describe('LocalStore with a signal, or closed', () => endingTests(name));
  describe('LocalStore and files that change', () => changeTests(name));
});

function readingTests(name: EngineName): void {
  const { files, scratch, store } = storeFor(name);

  test('get() gives whole values that the caller owns', async () => {
    const values = await Promise.all([...files, ...files].map(({ key }) => store().get(key)));
    globalThis.gc?.();
    await Promise.all(files.map(({ key }) => store().get(key)));
    for (const [index, value] of values.entries()) {
      expect(value!.constructor).toBe(Uint8Array);
      expectBytes(Buffer.from(value!), files[index % files.length]!.bytes, `value ${index}`);
    }
  });

  test('get() and getRange() give memory of exactly the value, which can be transferred', async () => {
    const values = [
      await store().get('/1'),
      await store().get('/3'),
      await store().get('/6'),
      await store().get('/10'),
    ];
    for (const range of [
      { offset: 3, length: 9 },
      { offset: 90_000 },
      { suffixLength: 5 },
      { offset: 0, length: 60_000 },
    ]) {
      values.push(await store().getRange('/6', range));
    }
    values.push(await store().getRange('/10', { offset: 1, length: 10 * MI }));
    values.push(
      ...(await getRanges(store(), '/6', [
        { offset: 0, length: 4 },
        { offset: 9, length: 4 },
      ]))!,
    );
    for (const value of values) {
      expect([value!.byteOffset, value!.buffer.byteLength]).toEqual([0, value!.length]);
      const before = Buffer.from(value!);
      const moved = structuredClone(value!, { transfer: [value!.buffer] });
      expect(value).toHaveLength(0);
      expectBytes(Buffer.from(moved), before, 'what was transferred');
    }
  });

  test('get() of a value that fits into no array is an error with a remedy', async () => {
    const big = scratch.path('big');
    writeFileSync(big, '');
    truncateSync(big, 2 ** 43);
    const error = await store()
      .get('/big')
      .catch((error) => error);
    expect(error).toMatchObject({ name: 'LsioError', kind: 'too-large', remedy: expect.stringContaining('getMany') });
    await expect(store().getRange('/big', { offset: 1 })).rejects.toMatchObject({ kind: 'too-large' });
    expect(await store().getRange('/big', { suffixLength: 9 })).toHaveLength(9);
    rmSync(big);
  });

  test('getRange() gives 5,000 ranges, read at once, while garbage is collected', async () => {
    const { key, bytes } = files[7]!;
    const offsets = Array.from({ length: 5000 }, (_, index) => (index * 7919) % MI);
    const collecting = setInterval(() => globalThis.gc?.(), 1);
    const values = await Promise.all(offsets.map((offset) => store().getRange(key, { offset, length: 100 })));
    clearInterval(collecting);
    for (const [index, offset] of offsets.entries()) {
      const expected = bytes.subarray(offset, offset + 100);
      if (!expected.equals(values[index]!)) expectBytes(Buffer.from(values[index]!), expected, `range ${index}`);
    }
  });

  const bytes = fc.oneof(fc.nat(9000), fc.nat(300_000), fc.nat(22 * MI), fc.constantFrom(2 ** 40, 0, ...SIZES));
  const range: fc.Arbitrary<ByteRange> = fc.oneof(
    fc.record({ offset: bytes, length: bytes }),
    fc.record({ offset: bytes }),
    fc.record({ suffixLength: bytes }),
  );

  test('getRange() gives what resolveRange() says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZES.length - 1), range, async (index, range) => {
        const { key, path, bytes } = files[index]!;
        const expected = expectedOf(range, bytes);
        const reading = store().getRange(key, range);
        if (expected === 'range') await expect(reading).rejects.toMatchObject({ kind: 'range', path });
        else expectBytes(Buffer.from((await reading)!), expected, JSON.stringify(range));
      }),
      { numRuns: 300 },
    );
  });

  test('getRange() into memory of the caller touches the answer and nothing beyond', async () => {
    const { key, bytes } = files[7]!;
    const last = bytes.length - 50;
    for (const [range, count] of [
      [{ offset: 5, length: 100 }, 100],
      [{ offset: last, length: 100 }, 50],
      [{ suffixLength: 100 }, 100],
    ] as const) {
      const memory = new Uint8Array(110).fill(7);
      const into = memory.subarray(5, 105);
      const got = (await store().getRange(key, range, { into }))!;
      expect([got.buffer, got.byteOffset, got.length]).toEqual([memory.buffer, 5, count]);
      const from = 'offset' in range ? range.offset : bytes.length - 100;
      expectBytes(Buffer.from(got), bytes.subarray(from, from + count), JSON.stringify(range));
      expect([...memory.subarray(0, 5), ...memory.subarray(5 + count)].every((byte) => byte === 7)).toBe(true);
    }
  });

  test('getRange() into memory that is too small or gone rejects, and after an abort it stays as it was', async () => {
    const usage = expect.objectContaining({ kind: 'usage' });
    const range = { offset: 0, length: 100 };
    await expect(store().getRange('/7', range, { into: new Uint8Array(99) })).rejects.toThrow(usage);
    await expect(store().getRange('/7', { offset: 0 }, { into: new Uint8Array(99) })).rejects.toThrow(usage);
    const gone = new Uint8Array(100);
    const reading = store().getRange('/7', range, { into: gone });
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await expect(reading).rejects.toThrow(usage);
    const into = new Uint8Array(100);
    const controller = new AbortController();
    const aborted = store().getRange('/7', range, { into, signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toThrow();
    await store().getRange('/7', range);
    expect(into.every((byte) => byte === 0)).toBe(true);
  });

  test('getRanges() gives the bytes of each range in the order asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZES.length - 1), fc.array(range, { maxLength: 20 }), async (index, ranges) => {
        const { key, bytes } = files[index]!;
        const expected = ranges.map((range) => expectedOf(range, bytes));
        const reading = getRanges(store(), key, ranges);
        if (expected.includes('range')) {
          await expect(reading).rejects.toMatchObject({ kind: 'range' });
          return;
        }
        const values = await reading;
        globalThis.gc?.();
        expect(values).toHaveLength(ranges.length);
        for (const [at, value] of values!.entries()) {
          expectBytes(Buffer.from(value), expected[at] as Buffer, JSON.stringify(ranges[at]));
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([true, false])('getMany() gives values and ranges in bulk, ordered: %j', async (ordered) => {
    const requests = files.flatMap(({ key }) => [{ key }, { key, range: { suffixLength: 9 }, id: key }]);
    const received = await receive(each(store().getMany(requests, { ordered })), requests);
    for (const [index, { bytes }] of files.entries()) {
      expectReceived(received[2 * index], bytes);
      expectReceived(received[2 * index + 1], bytes.subarray(-9));
    }
  });

  test('head() tells the size, and an etag that changes with the content', async () => {
    for (const { key, bytes } of files) expect(await store().head(key)).toMatchObject({ key, size: bytes.length });
    expect((await store().head('/1'))!.modified!.getTime()).toBeGreaterThan(Date.now() - 600_000);
    const before = (await store().head('/1'))!.etag;
    expect((await store().head('1'))!.etag).toBe(before);
    expect((await store().head('/2'))!.etag).not.toBe(before);
    utimesSync(scratch.path('1'), 1, 1);
    expect((await store().head('/1'))!.etag).not.toBe(before);
  });

  test('a key may be text without its first slash, or bytes', async () => {
    const name = Buffer.concat([Buffer.from(scratch.path('n')), Buffer.from([0xff, 0xfe])]);
    writeFileSync(name, files[3]!.bytes);
    const range = { offset: 7, length: 9 };
    for (const key of ['3', Buffer.from('3'), Buffer.from('/3'), Uint8Array.of(0x6e, 0xff, 0xfe)]) {
      expectBytes(Buffer.from((await store().get(key))!), files[3]!.bytes, 'the value');
      expectBytes(Buffer.from((await store().getRange(key, range))!), files[3]!.bytes.subarray(7, 16), 'the range');
      expect(await store().head(key)).toMatchObject({ key, size: 4096 });
      const [received] = await receive(each(store().getMany([{ key }])));
      expectReceived(received, files[3]!.bytes);
    }
    rmSync(name);
  });

  test('list() gives the keys', async () => {
    const keys = await all(store().list());
    expect(keys.map(({ key }) => key)).toEqual(files.map(({ key }) => key).sort());
  });

  test('reads ranges of more files than are kept open', async () => {
    mkdirSync(scratch.path('many'));
    const values = Array.from({ length: 300 }, (_, at) => pattern(at % 5, 1000 + at));
    for (const [at, value] of values.entries()) writeFileSync(scratch.path(`many/${at}`), value);
    for (const { offset, length } of [
      { offset: 0, length: 10 },
      { offset: 900, length: 2000 },
    ]) {
      const got = await Promise.all(values.map((_, at) => store().getRange(`/many/${at}`, { offset, length })));
      for (const [at, value] of values.entries()) {
        expectBytes(Buffer.from(got[at]!), value.subarray(offset, offset + length), `file ${at}`);
      }
    }
    rmSync(scratch.path('many'), { recursive: true });
  });

  const attribute = ['/kernel/profiling', '/kernel/mm/transparent_hugepage/enabled', '/kernel/uevent_seqnum'].find(
    (key) => existsSync(`/sys${key}`),
  );
  test.skipIf(attribute === undefined)(
    'reads values that state more than they have, as those of sysfs do',
    async () => {
      await using sys = await LocalStore.open('/sys', { engine: name });
      const whole = readFileSync(`/sys${attribute}`);
      expect(whole.length).toBeLessThan(statSync(`/sys${attribute}`).size);
      for (const suffixLength of [0, 1, whole.length, 70, 5000]) {
        const expected = whole.subarray(whole.length - Math.min(whole.length, suffixLength));
        for (let time = 0; time < 3; time++)
          expectBytes(
            Buffer.from((await sys.getRange(attribute!, { suffixLength }))!),
            expected,
            `last ${suffixLength}`,
          );
        const [value] = (await getRanges(sys, attribute!, [{ suffixLength }]))!;
        expectBytes(Buffer.from(value!), expected, `last ${suffixLength} in bulk`);
      }
      const past = { offset: whole.length + 1, length: 9 };
      await expect(sys.getRange(attribute!, past)).rejects.toThrow(expect.objectContaining({ kind: 'range' }));
      await expect(getRanges(sys, attribute!, [past])).rejects.toThrow(expect.objectContaining({ kind: 'range' }));
    },
  );

  test('reads last bytes of what is larger than a guess and states 0', async (context) => {
    const whole = existsSync('/proc/kallsyms') ? readFileSync('/proc/kallsyms') : Buffer.alloc(0);
    context.skip(whole.length < 300_000, '/proc/kallsyms is not shown here');
    await using proc = await LocalStore.open('/proc', { engine: name });
    for (const suffixLength of [100, 9000]) {
      const value = Buffer.from((await proc.getRange('/kallsyms', { suffixLength }))!);
      expectBytes(value, whole.subarray(-suffixLength), `last ${suffixLength}`);
    }
  });

  test('reads values whose size is stated as 0', async () => {
    await using proc = await LocalStore.open('/proc/self', { engine: name });
    const whole = await proc.get('/limits');
    expect(whole!.length).toBeGreaterThan(500);
    expect(await proc.getRange('/limits', { suffixLength: 20 })).toEqual(whole!.subarray(-20));
    expect(await proc.getRange('/limits', { offset: 3, length: 30 })).toEqual(whole!.subarray(3, 33));
  });
}

function absenceTests(name: EngineName): void {
  const { files, scratch, store } = storeFor(name);

  test.each(['/missing', '/missing/below', '/1/below', '/dir'] as const)('%s is absent', async (key) => {
    expect(await store().get(key)).toBeUndefined();
    expect(await store().getRange(key, { offset: 0, length: 10 })).toBeUndefined();
    expect(await store().getRange(key, { offset: 5 })).toBeUndefined();
    expect(await store().getRange(key, { suffixLength: 10 })).toBeUndefined();
    expect(await store().getRange(key, { offset: 0, length: 9 * MI })).toBeUndefined();
    expect(await getRanges(store(), key, [{ offset: 0, length: 1 }, { suffixLength: 1 }])).toBeUndefined();
    expect(await store().head(key)).toBeUndefined();
    const [received] = await receive(each(store().getMany([{ key }])));
    expect(received!.error!.code).toMatch(/^(ENOENT|ENOTDIR|EISDIR)$/);
  });

  test.each(['/', '/../x', '../x', './x', '/a//b', '/a/', '/a\0', ''])('%j is no key', async (text) => {
    const key = text as AbsolutePath;
    const usage = expect.objectContaining({ kind: 'usage' });
    await expect(store().get(key)).rejects.toThrow(usage);
    await expect(store().getRange(key, { offset: 0, length: 1 })).rejects.toThrow(usage);
    await expect(store().getRange(key, { suffixLength: 1 })).rejects.toThrow(usage);
    await expect(getRanges(store(), key, [])).rejects.toThrow(usage);
    await expect(store().head(key)).rejects.toThrow(usage);
    const [bad, good] = await receive(each(store().getMany([{ key }, { key: '/3' }], { ordered: true })));
    expect(bad!.error).toMatchObject({ kind: 'usage' });
    expectReceived(good, files[3]!.bytes);
  });

  test.each([{ offset: -1, length: 1 }, { offset: 0, length: 0.5 }, { offset: 2 ** 53 }, { suffixLength: -1 }])(
    '%j is no range',
    async (range) => {
      await expect(store().getRange('/1', range)).rejects.toThrow(expect.objectContaining({ kind: 'usage' }));
      await expect(getRanges(store(), '/1', [range])).rejects.toThrow(expect.objectContaining({ kind: 'usage' }));
    },
  );

  test('a FIFO is an error, not a hang', async () => {
    const fifo = new SilentFifo(scratch.path('fifo'));
    await expect(store().get('/fifo')).rejects.toMatchObject({ kind: 'read', path: fifo.path });
    await expect(store().getRange('/fifo', { offset: 0, length: 5 })).rejects.toMatchObject({ kind: 'read' });
    expect(await store().head('/fifo')).toBeUndefined();
    fifo.remove();
  });

  test('links are followed, also out of the root', async () => {
    const outside = scratch.path('../lsio-outside');
    writeFileSync(outside, 'outside');
    symlinkSync(outside, scratch.path('link'));
    expect(Buffer.from((await store().get('/link'))!).toString()).toBe('outside');
    rmSync(outside);
    expect(await store().get('/link')).toBeUndefined();
    symlinkSync('loop', scratch.path('loop'));
    await expect(store().get('/loop')).rejects.toMatchObject({ kind: 'read', code: 'ELOOP' });
  });

  test('open() refuses what is no directory', async () => {
    await expect(LocalStore.open(scratch.path('no'))).rejects.toMatchObject({ kind: 'read', code: 'ENOENT' });
    await expect(LocalStore.open(scratch.path('1'))).rejects.toMatchObject({ kind: 'read', code: 'ENOTDIR' });
    await expect(LocalStore.open(scratch.path(''), { queueDepth: 0 })).rejects.toMatchObject({ kind: 'usage' });
  });

  test('open() takes the root directory and relative ones', async () => {
    await using root = await LocalStore.open('/', { engine: name });
    expectBytes(Buffer.from((await root.get(files[4]!.path as AbsolutePath))!), files[4]!.bytes, 'the value');
    await using relative = await LocalStore.open(path.relative('.', scratch.path('')), { engine: name });
    expect(await relative.get('/3')).toHaveLength(4096);
  });
}

function endingTests(name: EngineName): void {
  const { files, scratch, store } = storeFor(name);
  const key = '/10';

  test('every method rejects with the reason of a signal that is aborted already', async () => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    await expect(store().get(key, options)).rejects.toBe(reason);
    await expect(store().getRange(key, { offset: 0, length: 1 }, options)).rejects.toBe(reason);
    await expect(store().getRange(key, { suffixLength: 1 }, options)).rejects.toBe(reason);
    await expect(getRanges(store(), key, [{ offset: 0 }], options)).rejects.toBe(reason);
    await expect(store().head(key, options)).rejects.toBe(reason);
    await expect(receive(each(store().getMany([{ key }], options)))).rejects.toBe(reason);
    await expect(store().list('/', options).next()).rejects.toBe(reason);
  });

  test('an abort in flight rejects at once; later reads are not disturbed', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const { signal } = controller;
    const reads = [
      store().get(key, { signal }),
      store().get('/3', { signal }),
      store().getRange('/7', { offset: 0, length: 100 }, { signal }),
      store().getRange('/7', { suffixLength: 100 }, { signal }),
      getRanges(store(), '/7', [{ offset: 0, length: 100 }], { signal }),
      receive(each(store().getMany([{ key }], { signal }))),
    ];
    controller.abort(reason);
    const rejected = { status: 'rejected', reason };
    expect(await Promise.allSettled(reads)).toEqual(reads.map(() => rejected));
    for (const file of files) expectBytes(Buffer.from((await store().get(file.key))!), file.bytes, file.key);
  });

  test('however many reads share a signal, it has one listener, and Node has nothing to warn of', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const controller = new AbortController();
    const { signal } = controller;
    const added = vi.spyOn(signal, 'addEventListener');
    const reads = Array.from({ length: 400 }, (_, at) => {
      if (at % 4 === 0) return store().get(key, { signal });
      return store().getRange('/7', at % 2 === 0 ? { suffixLength: 9 } : { offset: at, length: 9 }, { signal });
    });
    expect(added).toHaveBeenCalledTimes(1);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await Promise.allSettled(reads)).toEqual(reads.map(() => ({ status: 'rejected', reason })));
    await nextTurn();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('a signal that is never aborted keeps no listener', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await store().getRange('/7', { offset: 0, length: 100 }, { signal });
    await store().get('/missing', { signal });
    await store().get(key, { signal });
    await receive(each(store().getMany([{ key }], { signal })));
    expect(listeners).toBe(0);
  });

  test('close() rejects what is in flight, and everything afterwards', async () => {
    const own = await LocalStore.open(scratch.path(''), { engine: name });
    const reads = Array.from({ length: 500 }, (_, index) => {
      if (index % 5 === 0) return own.get(key);
      return own.getRange('/7', index % 2 === 0 ? { offset: index, length: 100 } : { suffixLength: index });
    });
    const many = own.getMany(files);
    const [first] = (await many.next()).value!;
    const settled = Promise.allSettled(reads);
    const closing = own.close();
    expect(own.close()).toBe(closing);
    for (const outcome of await settled) {
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(closed());
      else expect(outcome.value!.length).toBeGreaterThan(0);
    }
    await closing;
    expect(first!.bytes!.length >= 0).toBe(true);
    await expect(receive(each(many))).rejects.toThrow(closed());
    await expect(own.get('/1')).rejects.toThrow(closed());
    await expect(own.getRange('/1', { offset: 0, length: 1 })).rejects.toThrow(closed());
    await expect(getRanges(own, '/1', [])).rejects.toThrow(closed());
    await expect(receive(each(own.getMany([{ key: '/1' }])))).rejects.toThrow(closed());
    await expect(own.head('/1')).rejects.toThrow(closed());
    await expect(own.list().next()).rejects.toThrow(closed());
    expect(own.info.engine).toBe(name);
    await own.close();
  });
}

function changeTests(name: EngineName): void {
  const { scratch, store } = storeFor(name);

  test('getRange() notices within a second that a file was replaced', async () => {
    const range = { offset: 0, length: 3 };
    writeFileSync(scratch.path('new'), 'new');
    writeFileSync(scratch.path('replaced'), 'old');
    expect(Buffer.from((await store().getRange('/replaced', range))!).toString()).toBe('old');
    renameSync(scratch.path('new'), scratch.path('replaced'));
    // The other methods look each time.
    expect(Buffer.from((await store().get('/replaced'))!).toString()).toBe('new');
    expect(Buffer.from((await getRanges(store(), '/replaced', [range]))![0]!).toString()).toBe('new');
    // Even if no timer could run: the time is looked at when the file is read.
    const until = performance.now() + 1010;
    while (performance.now() < until);
    expect(Buffer.from((await store().getRange('/replaced', range))!).toString()).toBe('new');
  });

  test('getRange() past the end of a file that was replaced gives the bytes of the new one', async () => {
    writeFileSync(scratch.path('grown'), 'x'.repeat(1000));
    expect(await store().getRange('/grown', { offset: 0, length: 8 })).toHaveLength(8);
    writeFileSync(scratch.path('next'), pattern(3, 2000));
    renameSync(scratch.path('next'), scratch.path('grown'));
    const { size } = (await store().head('/grown'))!;
    const tail = (await store().getRange('/grown', { offset: size - 8, length: 8 }))!;
    expectBytes(Buffer.from(tail), pattern(3, 2000).subarray(1992), 'the tail');
    writeFileSync(scratch.path('next'), 'z');
    renameSync(scratch.path('next'), scratch.path('grown'));
    const past = await store()
      .getRange('/grown', { offset: 5000, length: 8 })
      .catch((error) => error);
    expect(past.message).toMatch(/range begins at byte 5000, at or past the end \(1 bytes\)/);
    rmSync(scratch.path('grown'));
    expect(await store().getRange('/grown', { offset: 5000, length: 8 })).toBeUndefined();
  });

  test('getRange() of the last bytes is of the open file or of the new one, and of no mixture', async () => {
    const [old, next] = [pattern(1, 1000), pattern(2, 3000)];
    // The size of the open file is known from the last bytes, or unknown after a range.
    for (const before of [{ suffixLength: 8 }, { offset: 0, length: 8 }]) {
      writeFileSync(scratch.path('swapped'), old);
      await store().getRange('/swapped', before);
      writeFileSync(scratch.path('next'), next);
      renameSync(scratch.path('next'), scratch.path('swapped'));
      const tail = Buffer.from((await store().getRange('/swapped', { suffixLength: 8 }))!);
      const whole = tail.equals(old.subarray(-8)) ? old : next;
      expectBytes(tail, whole.subarray(-8), 'the last bytes');
      rmSync(scratch.path('swapped'));
    }
  });

  test('getRange() of the last bytes is right while the file grows', async () => {
    const log = scratch.path('log');
    writeFileSync(log, '');
    for (let line = 0; line < 200; line++) {
      const reading = store().getRange('/log', { suffixLength: 6 });
      appendFileSync(log, `${String(line).padStart(5, '0')}\n`);
      const text = Buffer.from((await reading)!).toString();
      expect(text === '' ? 0 : Number(text)).toBeGreaterThanOrEqual(Math.max(0, line - 1));
    }
  });

  test('getRange() finds a file that was absent a moment ago', async () => {
    expect(await store().getRange('/late', { offset: 0, length: 3 })).toBeUndefined();
    writeFileSync(scratch.path('late'), 'abc');
    expect(await store().getRange('/late', { offset: 0, length: 3 })).toHaveLength(3);
  });

  // The files of a ring have no descriptors to be counted.
  test.runIf(name === 'node')('files are closed soon after they were read from', async () => {
    const isOpen = () =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === scratch.path('7');
        } catch {
          return false;
        }
      });
    expect(await store().getRange('/7', { offset: 0, length: 3 })).toHaveLength(3);
    expect(isOpen()).toBe(true);
    await expect.poll(isOpen, { timeout: 60_000 }).toBe(false);
  });
}
