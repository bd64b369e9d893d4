import { deflateSync, gzipSync } from 'node:zlib';
import { Blosc, LZ4, Zstd } from 'numcodecs';
import { describe, expect, test } from 'vitest';
import { type DType, fixedDType, plainDType } from '../array/dtype.js';
import { chunkFormat, decodeBytes, openChunkDecoder } from './chunk-decoder.js';
import { updateCrc32c } from './crc.js';
import { loadLibraries } from './libraries.js';
import type { CodecSpec } from './step.js';

const uint16 = plainDType('uint16');
const LITTLE = { name: 'bytes', configuration: { endian: 'little' } };
const BIG = { name: 'bytes', configuration: { endian: 'big' } };
const libraries = await loadLibraries();

function codec(name: string, configuration: Record<string, unknown> = {}): CodecSpec {
  return { name, configuration };
}

function withCrc(bytes: Uint8Array): Uint8Array {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(~updateCrc32c(-1, bytes) >>> 0);
  return Buffer.concat([bytes, sum]);
}

/** Bytes that depend on their place, with a prime period. */
function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 251);
}

function decode(codecs: readonly CodecSpec[], dtype: DType, shape: readonly number[], stored: Uint8Array): Uint8Array {
  const decoder = openChunkDecoder({ codecs, dtype, shape }, libraries);
  const target = new Uint8Array(decoder.decodedBytes!).fill(0xee);
  const before = Buffer.from(stored);
  decoder.decode(stored, target);
  expect(Buffer.compare(stored, before), 'the source is left as it was').toBe(0);
  return target;
}

describe('chunkFormat()', () => {
  test('knows from metadata alone what a chunk takes', () => {
    const shape = [4, 8];
    expect(chunkFormat({ codecs: [LITTLE], dtype: uint16, shape })).toEqual({
      problems: [],
      decodedBytes: 64,
      storedBytes: 64,
      isRaw: true,
    });
    const checked = chunkFormat({ codecs: [BIG, codec('crc32c')], dtype: uint16, shape });
    expect(checked).toMatchObject({ decodedBytes: 64, storedBytes: 68, isRaw: false });
    const zstd = chunkFormat({ codecs: [LITTLE, codec('zstd')], dtype: uint16, shape });
    expect(zstd).toMatchObject({ decodedBytes: 64, storedBytes: undefined, isRaw: false });
    const bits = chunkFormat({ codecs: [codec('packbits')], dtype: plainDType('bool'), shape: [3, 3] });
    expect(bits).toMatchObject({ decodedBytes: 9, storedBytes: 2 });
  });

  test.each([
    [
      [LITTLE, codec('numcodecs.zfpy'), codec('numcodecs.pcodec')],
      ['codec zfpy is not supported', 'codec pcodec is not supported'],
    ],
    [[codec('gribberish')], ['codec gribberish is not supported']],
    [[codec('numcodecs.pickle')], ['codec pickle is refused: decoding it would run code from the data']],
    [[codec('constructor')], ['codec constructor is not supported']],
    [[codec('zstd')], ['codec zstd: it works on bytes, and no codec before it turns the array into bytes']],
    [
      [LITTLE, codec('transpose', { order: [0, 1] })],
      ['codec transpose: it stands after the array was turned into bytes'],
    ],
    [[codec('transpose', { order: [0, 0] }), LITTLE], ['codec transpose: order [0,0] is no order of 2 dimensions']],
    [[codec('bytes', { endian: 'middle' })], ['codec bytes: endian "middle" is not known']],
    [[codec('vlen-utf8')], ['codec vlen-utf8: elements of dtype uint16 have a fixed length']],
    [[LITTLE, codec('blosc', { cname: 'brotli' })], ['codec blosc: cname "brotli" is not known']],
    [
      [LITTLE, codec('numcodecs.shuffle', { elementsize: -1 })],
      ['codec shuffle: elementsize -1 is no size of an element'],
    ],
    [[LITTLE, codec('numcodecs.lzma', { format: 3 })], ['codec lzma: a raw stream needs its filters']],
    [
      [codec('numcodecs.delta', { dtype: '<f8' }), LITTLE],
      ['codec delta: its dtype is float64, what it encodes is uint16'],
    ],
    [
      [LITTLE, codec('zstd'), codec('numcodecs.delta', { dtype: '<u2' })],
      ['codec delta: it stands after a compressor'],
    ],
    [[LITTLE, codec('numcodecs.delta', { dtype: '|S5' })], ['codec delta: dtype: no arithmetic is known for S5']],
    [
      [codec('cast_value', { data_type: 'complex64' }), LITTLE],
      ['codec cast_value: data_type "complex64" is not supported'],
    ],
  ])('names what is not supported: %#', (codecs, problems) => {
    const encoding = { codecs, dtype: uint16, shape: [4, 8] };
    expect(chunkFormat(encoding).problems).toEqual(problems);
    expect(() => openChunkDecoder(encoding, libraries)).toThrow(
      expect.objectContaining({ kind: 'format', message: problems.join('; ') }),
    );
  });
});

describe('openChunkDecoder()', () => {
  test('says what decompresses', async () => {
    const encoding = { codecs: [LITTLE, codec('blosc', { cname: 'zstd' })], dtype: uint16, shape: [4] };
    const sandboxed = await loadLibraries('wasm');
    expect(openChunkDecoder(encoding, libraries)).toMatchObject({ decoder: 'native', libraries: ['libzstd.so.1'] });
    expect(openChunkDecoder(encoding, sandboxed)).toMatchObject({ decoder: 'wasm', libraries: ['zstddec'] });
    const raw = openChunkDecoder({ ...encoding, codecs: [LITTLE] }, libraries);
    expect(raw).toMatchObject({ decoder: 'none', libraries: [] });
    const bz2 = { ...encoding, codecs: [LITTLE, codec('numcodecs.bz2')] };
    expect(() => openChunkDecoder(bz2, sandboxed)).toThrow(expect.objectContaining({ kind: 'unavailable' }));
  });

  test('undoes byte order, transposition, compression and checksums together', async () => {
    const wanted = pattern(2 * 3 * 4 * 5);
    // Encoded by hand: transposed to [5, 3, 4], then big-endian.
    const encoded = Buffer.alloc(wanted.length);
    const source = Buffer.from(wanted);
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 4; b++)
        for (let c = 0; c < 5; c++)
          encoded.writeUInt16BE(source.readUInt16LE(((a * 4 + b) * 5 + c) * 2), ((c * 3 + a) * 4 + b) * 2);
    const order = codec('transpose', { order: [2, 0, 1] });
    expect(Buffer.compare(decode([order, BIG], uint16, [3, 4, 5], encoded), wanted)).toBe(0);
    const zstd = await new Zstd(3).encode(encoded);
    expect(Buffer.compare(decode([order, BIG, codec('zstd')], uint16, [3, 4, 5], zstd), wanted)).toBe(0);
    const all = withCrc(gzipSync(withCrc(await new Blosc(5, 'lz4', 1, 0).encode(encoded))));
    const codecs = [order, BIG, codec('blosc'), codec('crc32c'), codec('gzip'), codec('crc32c')];
    expect(Buffer.compare(decode(codecs, uint16, [3, 4, 5], all), wanted)).toBe(0);
    const checked = withCrc(encoded);
    expect(Buffer.compare(decode([order, BIG, codec('crc32c')], uint16, [3, 4, 5], checked), wanted)).toBe(0);
    expect(Buffer.compare(decode([BIG, codec('crc32c')], uint16, [60], checked), Buffer.from(encoded).swap16())).toBe(
      0,
    );
  });

  test('reverses the words of complex numbers and of text, not whole elements', () => {
    const stored = pattern(32);
    expect(Buffer.compare(decode([BIG], plainDType('complex64'), [4], stored), Buffer.from(stored).swap32())).toBe(0);
    expect(Buffer.compare(decode([BIG], fixedDType('fixed-text', 4), [2], stored), Buffer.from(stored).swap32())).toBe(
      0,
    );
    expect(Buffer.compare(decode([BIG], fixedDType('raw', 16), [2], stored), stored)).toBe(0);
  });

  test('decodes a blosc block larger than the memory that a thread keeps', () => {
    const elements = 10 * 1024 * 1024;
    const wanted = new Uint8Array(elements * 4).map((_, i) => (i * 7) % 251);
    // One block of elements of 4 bytes, byte-shuffled, in one stream that is stored as it is.
    const stored = new Uint8Array(16 + 4 + 4 + wanted.length);
    const view = new DataView(stored.buffer);
    stored.set([2, 1, 1 | 16 | (1 << 5), 4]);
    const words = [wanted.length, wanted.length, stored.length, 20, wanted.length];
    for (const [i, word] of words.entries()) view.setUint32(4 + i * 4, word, true);
    for (let i = 0; i < wanted.length; i++) stored[24 + (i & 3) * elements + (i >> 2)] = wanted[i]!;
    const decoded = decode([LITTLE, codec('blosc')], plainDType('uint8'), [wanted.length], stored);
    expect(Buffer.compare(decoded, wanted)).toBe(0);
  });

  test('refuses a raw chunk of another length, saying both', () => {
    for (const bytes of [0, 63, 65]) {
      expect(() => decode([LITTLE], uint16, [32], pattern(bytes))).toThrow(
        `chunk: decoded data: found ${bytes} bytes, expected 64 bytes`,
      );
      expect(() => decode([BIG], uint16, [32], pattern(bytes))).toThrow(
        `bytes: stored data: found ${bytes} bytes, expected 64 bytes`,
      );
    }
  });

  test('skips checksums where that is wanted', () => {
    const stored = Buffer.from(withCrc(pattern(8)));
    stored[0]! ^= 1;
    const encoding = { codecs: [LITTLE, codec('crc32c')], dtype: uint16, shape: [4] };
    const target = new Uint8Array(8);
    expect(() => openChunkDecoder(encoding, libraries).decode(stored, target)).toThrow(/^crc32c: the checksum/);
    openChunkDecoder(encoding, libraries, { verify: false }).decode(stored, target);
    expect(Buffer.compare(target, stored.subarray(0, 8))).toBe(0);
  });

  test('decodes what compressors made of compressed data, though nothing states its length', async () => {
    const wanted = pattern(4000);
    const codecs = [LITTLE, codec('numcodecs.zlib'), codec('numcodecs.zlib'), codec('numcodecs.lz4')];
    const stored = await new LZ4().encode(deflateSync(deflateSync(wanted)));
    expect(Buffer.compare(decode(codecs, uint16, [2000], stored), wanted)).toBe(0);
  });

  test('a chunk that would decode to far more than it may is refused, in little memory', () => {
    const bomb = deflateSync(new Uint8Array(200_000_000));
    expect(() => decode([LITTLE, codec('numcodecs.zlib')], uint16, [4], bomb)).toThrow(/^zlib: .*decodes to more/);
    const twice = [LITTLE, codec('numcodecs.zlib'), codec('numcodecs.zlib')];
    expect(() => decode(twice, uint16, [4], bomb)).toThrow(/^zlib: .*at most 65,5\d\d bytes expected/);
    const strings = { codecs: [codec('vlen-utf8'), codec('numcodecs.zlib')], dtype: plainDType('string'), shape: [4] };
    const decoder = openChunkDecoder(strings, libraries, { streamBytesMax: 1_000_000 });
    expect(() => decoder.decodeItems(bomb)).toThrow(/^zlib: .*at most 1,190,536 bytes expected/);
  });

  test('strings in another order of dimensions', () => {
    const texts = ['a', 'bb', '', 'dddd', 'é', '日本'];
    const parts = texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      return [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes];
    });
    const stored = Buffer.concat([Buffer.from(Uint32Array.of(6).buffer), ...parts]);
    const dtype = plainDType('string');
    const inOrder = openChunkDecoder({ codecs: [codec('vlen-utf8')], dtype, shape: [2, 3] }, libraries);
    expect(inOrder.decodeItems(stored)).toEqual(texts);
    const codecs = [codec('transpose', { order: [1, 0] }), codec('vlen-utf8')];
    const transposed = openChunkDecoder({ codecs, dtype, shape: [2, 3] }, libraries);
    expect(transposed.decodeItems(stored)).toEqual(['a', '', 'é', 'bb', 'dddd', '日本']);
    const short = openChunkDecoder({ codecs: [codec('vlen-utf8')], dtype, shape: [7] }, libraries);
    expect(() => short.decodeItems(stored)).toThrow('vlen-utf8: found 6 elements, expected 7');
  });
});

describe('decodeBytes()', () => {
  test('undoes codecs around a shard, whose length nothing states', () => {
    const shard = pattern(100_000);
    const codecs = [codec('gzip'), codec('crc32c')];
    const decoded = decodeBytes(codecs, withCrc(gzipSync(shard)), libraries, { bytesMax: 100_000 });
    expect(Buffer.compare(decoded, shard)).toBe(0);
    expect(() => decodeBytes(codecs, withCrc(gzipSync(shard)), libraries, { bytesMax: 20_000 })).toThrow(
      expect.objectContaining({ kind: 'format' }),
    );
    expect(() => decodeBytes([codec('zfpy')], shard, libraries, { bytesMax: 1 })).toThrow(
      'codec zfpy is not supported',
    );
  });
});
