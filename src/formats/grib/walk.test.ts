import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeField } from './decode.js';
import { scanAll } from './scan.js';
import type { GribSource } from './source.js';
import { walkBytes } from './walk.testing.js';
import { gribOne, gribTwo, simple, type WrittenField } from './write.testing.js';

/** A field whose values tell which field it is: `first`, `first + 1`, … */
function field(first: number, more: Partial<WrittenField> = {}): WrittenField {
  const packed = simple(
    Array.from({ length: 12 }, (_, i) => first + i),
    11,
  );
  return { packed, columns: 4, rows: 3, parameter: first % 200, ...more };
}

const [one, two, three] = [gribTwo(field(100)), gribTwo(field(200), field(300)), gribTwo(field(400))];

function join(...parts: (Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array))));
}

function firstValues(bytes: Uint8Array): number[] {
  return walkBytes(bytes).fields.map((found) => decodeField(found, { bytes, offset: 0 })[0]!);
}

/** `bytes` with others from `at` on. */
function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

/** The offset of a section in the first message. */
function sectionAt(bytes: Uint8Array, number: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 16; at < bytes.length - 4; at += view.getUint32(at)) if (bytes[at + 4] === number) return at;
  throw new Error(`no section ${number}`);
}

describe('walkMessages()', () => {
  test('numbers messages and fields as wgrib2 does, and gives their places', () => {
    const { fields, faults, summary } = walkBytes(join(one, two, three));
    expect(fields.map(({ number }) => number)).toEqual(['1', '2.1', '2.2', '3']);
    expect(fields.map(({ message }) => message.offset)).toEqual([0, one.length, one.length, one.length + two.length]);
    expect(faults).toEqual([]);
    expect(summary).toMatchObject({ messages: 3, skippedBytes: 0 });
  });

  test('messages of both editions lie in one file', () => {
    const old = gribOne({ numbers: [500, 501, 502, 503, 504, 505], bits: 12, columns: 3, rows: 2 });
    const bytes = join(one, old, two, old);
    const { fields, faults } = walkBytes(bytes);
    expect(faults).toEqual([]);
    expect(fields.map(({ edition, number }) => [edition, number])).toEqual([
      [2, '1'],
      [1, '2'],
      [2, '3.1'],
      [2, '3.2'],
      [1, '4'],
    ]);
    expect(firstValues(bytes)).toEqual([100, 500, 200, 300, 500]);
    expect([...decodeField(fields[4]!, { bytes, offset: 0 })]).toEqual([500, 501, 502, 503, 504, 505]);
  });

  test('sections that are not repeated stay in force', () => {
    expect(firstValues(two)).toEqual([200, 300]);
  });

  test.each([
    ['a bulletin header and a tail', join('****0000190831****\nLNUC12 KWNS 020625\r\r\n', one, 'tail'), 44],
    ['zero padding', join(one, new Uint8Array(120), three), 120],
    ['a stray G', join('G', one, 'G', three), 2],
    ['a lone GRIB', join('GRIB', one, 'GRIBGRIB', three), 12],
    ['GGRIIB', join('GGRIIB', one), 6],
  ])('skips and counts %s', (_, bytes, skipped) => {
    const { faults, summary } = walkBytes(bytes);
    expect(faults).toEqual([]);
    expect(summary.skippedBytes).toBe(skipped);
    expect(firstValues(bytes)[0]).toBe(100);
  });

  test('a truncated last message costs the others nothing', () => {
    const bytes = join(one, two, three).slice(0, -1);
    expect(firstValues(bytes)).toEqual([100, 200, 300]);
    expect(walkBytes(bytes).faults).toMatchObject([{ code: 'truncated', offset: one.length + two.length }]);
  });

  test.each([
    ['total length 0', changed(one, 8, 0, 0, 0, 0, 0, 0, 0, 0), 'length'],
    ['total length 2^63', changed(one, 8, 0x80, 0, 0, 0, 0, 0, 0, 0), 'length'],
    ['total length 2^53', changed(one, 8, 0, 0x20, 0, 0, 0, 0, 0, 0), 'length'],
    ['7777 wrong', changed(one, one.length - 1, 0x38), 'end-mark'],
    ['section length 0', changed(one, sectionAt(one, 4), 0, 0, 0, 0), 'section'],
    ['section length 4 GiB', changed(one, sectionAt(one, 4), 255, 255, 255, 255), 'section'],
    ['section number 9', changed(one, sectionAt(one, 4) + 4, 9), 'section'],
    ['section 5 twice', changed(one, sectionAt(one, 6) + 4, 5), 'section'],
  ])('%s is a fault of its own, and the next message is found', (_, bad, code) => {
    const bytes = join(bad, three);
    const { faults } = walkBytes(bytes);
    expect(faults).toMatchObject([{ code }]);
    expect(faults[0]!.offset).toBeLessThan(bad.length);
    expect(firstValues(bytes)).toEqual([400]);
  });

  test('a length that is too long hides no message', () => {
    const long = one.length + 1000;
    const bad = changed(one, 12, long >>> 24, long >>> 16, long >>> 8, long);
    const bytes = join(bad, three, new Uint8Array(2000));
    expect(walkBytes(bytes).faults).toMatchObject([{ code: 'end-mark' }]);
    expect(firstValues(bytes)).toEqual([400]);
  });

  test('lenient: a wrong end mark is taken', () => {
    const bytes = changed(one, one.length - 1, 0x38);
    expect(walkBytes(bytes, true).fields).toHaveLength(1);
  });

  test('a file inside section 2 or the data is no message of its own', () => {
    const inner = join(one, three);
    const data = { ...simple([], 8), data: inner, count: inner.length };
    const outer = gribTwo({ packed: data, columns: inner.length, rows: 1, local: inner });
    expect(walkBytes(join(outer, three)).messages.map(({ offset }) => offset)).toEqual([0, outer.length]);
  });

  test('many faulty starts end the search before it takes long', () => {
    // Each start walks the same thousand sections.
    const sections = Buffer.concat(
      Array.from({ length: 1000 }, () => Buffer.from(two.subarray(sectionAt(two, 4), -4))),
    );
    const head = Buffer.from(two.subarray(0, sectionAt(two, 4)));
    new DataView(head.buffer, head.byteOffset).setBigUint64(8, BigInt(head.length + sections.length + 4));
    const bytes = join(...Array.from({ length: 200 }, () => head), sections, 'none');
    // Time of this process: the machine may be busy.
    const begin = process.cpuUsage();
    const { faults } = walkBytes(bytes);
    expect(process.cpuUsage(begin).user).toBeLessThan(5e6);
    expect(faults.length).toBeGreaterThan(0);
  });

  test('a message is read in one hop, tiny ones in bulk', () => {
    const far = join(
      ...Array.from({ length: 8 }, () =>
        gribTwo({ packed: simple(new Array(40_000).fill(7), 8), columns: 200, rows: 200 }),
      ),
    );
    expect(walkBytes(far).summary.bytesRead).toBeLessThan(10 * 520);
    let reads = 0;
    const tiny = join(...Array.from({ length: 500 }, () => one));
    return scanAll({
      size: tiny.length,
      read: ({ offset, length }) => {
        reads++;
        return tiny.subarray(offset, offset + length);
      },
    }).then(({ messages }) => {
      expect(messages).toHaveLength(500);
      expect(reads).toBeLessThan(50);
    });
  });
});

describe('scanGrib() with several chains', () => {
  const data = { ...simple([], 8), data: join(one, three, one), count: one.length * 2 + three.length };
  const hiding = gribTwo({ packed: data, columns: data.count, rows: 1 });
  const bad = changed(one, one.length - 1, 0x38);
  const big = gribTwo({ packed: simple(new Array(500_000).fill(7), 8), columns: 1000, rows: 500 });
  const file = join(
    'x',
    one,
    hiding,
    two,
    'GRIB',
    bad,
    hiding,
    hiding,
    three,
    new Uint8Array(77),
    two,
    one.slice(0, 90),
  );

  test.each([2, 3, 5, 8, 20, 61])('%i chains find what one finds', async (chains) => {
    const source = {
      size: file.length,
      read: ({ offset, length }: { offset: number; length: number }) => file.subarray(offset, offset + length),
    };
    const alone = await scanAll(source, { chains: 1 });
    const together = await scanAll(source, { chains });
    expect(together.messages).toEqual(alone.messages);
    expect(together.faults).toEqual(alone.faults);
    expect(together.summary.skippedBytes).toBe(alone.summary.skippedBytes);
  });

  /** Calls back late, in any order, and reuses memory as soon as it may. */
  function besideSource(bytes: Uint8Array, delays: readonly number[]): GribSource {
    let reads = 0;
    return {
      size: bytes.length,
      read: ({ offset, length }) => bytes.subarray(offset, offset + length),
      readBeside({ offset, length }, room, done) {
        room.fill(0xee);
        const delay = delays[reads++ % delays.length]!;
        const part = bytes.subarray(offset, offset + length);
        setTimeout(() => {
          room.set(part);
          done(null, part.length);
        }, delay);
      },
    };
  }

  const parts = fc.constantFrom<Uint8Array | string>(one, two, three, hiding, bad, 'GRIB', 'x', new Uint8Array(77));

  test('reads that end in any order find the same, in any file', async () => {
    const files = fc.array(parts, { minLength: 1, maxLength: 12 });
    const delays = fc.array(fc.nat(3), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(files, delays, fc.integer({ min: 2, max: 9 }), async (all, late, chains) => {
        const source = besideSource(join(...all), late);
        const alone = await scanAll(source, { chains: 1 });
        const together = await scanAll(source, { chains });
        expect(together.messages).toEqual(alone.messages);
        expect(together.faults).toEqual(alone.faults);
        expect(together.summary).toMatchObject({ skippedBytes: alone.summary.skippedBytes });
      }),
      { numRuns: 60 },
    );
  });

  test('after a failure no read is under way', async () => {
    let open = 0;
    const source: GribSource = {
      size: file.length,
      read: () => new Uint8Array(0),
      readBeside({ offset }, _room, done) {
        open++;
        setTimeout(
          () => {
            open--;
            done(offset === 0 ? new Error('first') : null, 0);
          },
          offset === 0 ? 0 : 20,
        );
      },
    };
    await expect(scanAll(source, { chains: 5 })).rejects.toThrow('first');
    expect(open).toBe(0);
  });

  test('without a number of chains, cached local files are walked alone and slow ones by several', async () => {
    const large = join(...Array.from({ length: 40 }, () => big), three);
    const seen = { alone: 0, beside: 0 };
    const source = (waitMs: number): GribSource => ({
      size: large.length,
      read({ offset, length }) {
        seen.alone++;
        for (const begin = performance.now(); performance.now() - begin < waitMs; );
        return large.subarray(offset, offset + length);
      },
      readBeside({ offset, length }, room, done) {
        seen.beside++;
        room.set(large.subarray(offset, offset + length));
        setImmediate(() => done(null, Math.min(length, large.length - offset)));
      },
    });
    expect((await scanAll(source(0.2))).messages).toHaveLength(41);
    expect(seen.alone).toBeLessThan(12);
    expect(seen.beside).toBeGreaterThan(40);
    const memory = { size: large.length, read: source(0).read };
    seen.beside = 0;
    expect((await scanAll(memory)).messages).toHaveLength(41);
    expect(seen.beside).toBe(0);
  });
});
