import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { isLsioError, type LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import { LocalStore } from '../../store/local/local.js';
import { getPart, getValue, type PlaceStore, sizeOf } from '../place-store.js';
import { openZip } from './zip.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-zip-'));
const store = await LocalStore.open(scratch);
afterAll(async () => {
  await store.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Entry {
  readonly name: string;
  readonly data: string;
  readonly deflate?: boolean;
  /** The local header has an extra field that the directory doesn't have. */
  readonly localExtraBytes?: number;
  readonly zip64?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly wrongCrc?: boolean;
}

/** A zip file, byte by byte. */
function zipOf(entries: readonly Entry[], { comment = '', zip64 = false, before = 0 } = {}): Buffer {
  const parts: Buffer[] = [Buffer.alloc(before)];
  const central: Buffer[] = [];
  let at = before;
  for (const { name, data, deflate = false, localExtraBytes = 0, zip64: wide = false, ...entry } of entries) {
    const { flags = 0, method = deflate ? 8 : 0, wrongCrc = false } = entry;
    const stored = deflate ? deflateRawSync(data) : Buffer.from(data);
    const sum = crc32(data) + (wrongCrc ? 1 : 0);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    local.writeUInt16LE(localExtraBytes, 28);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(flags, 8);
    header.writeUInt16LE(method, 10);
    header.writeUInt32LE(sum >>> 0, 16);
    header.writeUInt32LE(wide ? 0xffffffff : stored.length, 20);
    header.writeUInt32LE(wide ? 0xffffffff : Buffer.byteLength(data), 24);
    header.writeUInt16LE(Buffer.byteLength(name), 28);
    header.writeUInt32LE(wide ? 0xffffffff : at, 42);
    const extra = Buffer.alloc(wide ? 32 : 0);
    if (wide) {
      // Another field before it.
      extra.writeUInt16LE(0x5455, 0);
      extra.writeUInt16LE(1, 4);
      extra.writeUInt16LE(24, 6);
      writeWide(extra, 8, [Buffer.byteLength(data), stored.length, at]);
      extra.writeUInt16LE(0, 2);
      header.writeUInt16LE(32, 30);
    }
    central.push(
      header,
      Buffer.from(name),
      wide ? Buffer.concat([Buffer.from([0x55, 0x54, 0, 0]), extra.subarray(4)]) : extra,
    );
    parts.push(local, Buffer.from(name), Buffer.alloc(localExtraBytes, 0xee), stored);
    at += 30 + Buffer.byteLength(name) + localExtraBytes + stored.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  const wideEnd = Buffer.alloc(zip64 ? 76 : 0);
  if (zip64) {
    wideEnd.writeUInt32LE(0x06064b50, 0);
    writeWide(wideEnd, 32, [entries.length, directory.length, at]);
    wideEnd.writeUInt32LE(0x07064b50, 56);
    wideEnd.writeBigUInt64LE(BigInt(at + directory.length), 64);
  }
  return Buffer.concat([...parts, directory, wideEnd, end, Buffer.from(comment)]);
}

function writeWide(target: Buffer, from: number, values: readonly number[]): void {
  for (const [i, value] of values.entries()) target.writeBigUInt64LE(BigInt(value), from + i * 8);
}

let files = 0;

function open(bytes: Uint8Array): Promise<PlaceStore> {
  const name = `${files++}.zip`;
  writeFileSync(path.join(scratch, name), bytes);
  return openZip({ store, spec: undefined }, `/${name}`, name);
}

async function text(zip: PlaceStore, key: AbsolutePath): Promise<string | undefined> {
  const value = await getValue(zip, key);
  return value && Buffer.from(value).toString();
}

async function failure(run: () => Promise<unknown>): Promise<LsioError> {
  try {
    await run();
  } catch (error) {
    if (isLsioError(error)) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('openZip()', () => {
  const long = 'x'.repeat(5000);

  test('reads stored and deflated entries, whole and in part', async () => {
    const zip = await open(
      zipOf([
        { name: 'a/b', data: 'hello world', localExtraBytes: 9 },
        { name: 'c', data: long, deflate: true },
      ]),
    );
    expect(await text(zip, '/a/b')).toBe('hello world');
    expect(await text(zip, '/c')).toBe(long);
    expect(await text(zip, '/a')).toBeUndefined();
    expect(await sizeOf(zip, '/a/b')).toBe(11);
    expect(Buffer.from((await getPart(zip, '/a/b', { suffixLength: 5 }))!).toString()).toBe('world');
    expect(Buffer.from((await getPart(zip, '/a/b', { offset: 2, length: 3 }))!).toString()).toBe('llo');
    expect((await getPart(zip, '/c', { offset: 4990, length: 100 }))!.length).toBe(10);
    expect(await zip.locate('/a/b')).toMatchObject({ key: '/0.zip', range: { offset: 30 + 3 + 9, length: 11 } });
    expect(await zip.children?.('/')).toMatchObject({ names: ['a/', 'c'] });
    expect(await zip.children?.('/a')).toMatchObject({ names: ['b'] });
  });

  test('zip64, in the directory and in its end; a comment; bytes before', async () => {
    const entries = [
      { name: 'a', data: 'one', zip64: true },
      { name: 'b', data: 'two' },
    ];
    const zip = await open(zipOf(entries, { zip64: true, comment: 'PK\x05\x06 said someone', before: 7 }));
    expect([await text(zip, '/a'), await text(zip, '/b')]).toEqual(['one', 'two']);
  });

  test('of two entries of one name the last is meant', async () => {
    expect(
      await text(
        await open(
          zipOf([
            { name: 'a', data: 'old' },
            { name: 'a', data: 'new' },
          ]),
        ),
        '/a',
      ),
    ).toBe('new');
  });

  test('names that lead elsewhere are no keys', async () => {
    const names = ['../a', '/a', 'a/../b', './a', 'a//b', 'ok'];
    const zip = await open(zipOf(names.map((name) => ({ name, data: name }))));
    expect(await zip.children?.('/')).toMatchObject({ names: ['ok'] });
  });

  test.each([
    [{ name: 'a', data: long, deflate: true, wrongCrc: true }, 'its checksum is wrong'],
    [{ name: 'a', data: 'x', flags: 1 }, 'a is encrypted'],
    [{ name: 'a', data: 'x', method: 12 }, 'packed by method 12'],
    [{ name: 'a', data: 'not deflated', method: 8 }, "can't be unpacked"],
  ])('case %#: %s', async (entry, message) => {
    const zip = await open(zipOf([entry]));
    const { kind, message: found } = await failure(() => getValue(zip, '/a'));
    expect(kind).toBe('format');
    expect(found).toContain(message);
  });

  test.each([
    ['empty', () => Buffer.alloc(0)],
    ['no zip file', () => Buffer.alloc(5000, 7)],
    ['truncated', (good: Buffer) => good.subarray(0, -30)],
    ['without its beginning', (good: Buffer) => good.subarray(20)],
    ['with a directory elsewhere', (good: Buffer) => patched(good, good.length - 22 + 16, 3)],
    ['with a directory that is too long', (good: Buffer) => patched(good, good.length - 22 + 12, 2 ** 31)],
    ['with more entries than there are', (good: Buffer) => patched(good, good.length - 22 + 10, 9)],
  ])('%s', async (_, damage) => {
    const good = zipOf([
      { name: 'a', data: 'hello' },
      { name: 'b', data: 'world' },
    ]);
    const { kind } = await failure(async () => getValue(await open(damage(good)), '/a'));
    expect(kind).toBe('format');
  });

  test('damaged in any byte, it gives the right bytes or an error', async () => {
    const good = zipOf([
      { name: 'abc', data: 'hello' },
      { name: 'd', data: long, deflate: true },
    ]);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x41;
      try {
        const zip = await open(bad);
        const value = await text(zip, '/d');
        // Stored entries have no checksum that a part of them could be compared with.
        if (value !== undefined && value !== long) throw new Error(`byte ${at}: wrong data`);
      } catch (error) {
        if (!isLsioError(error, 'format')) throw error;
      }
    }
  });
});

function patched(good: Buffer, at: number, value: number): Buffer {
  const bad = Buffer.from(good);
  bad.writeUInt32LE(value, at);
  return bad;
}
