import { expect, test } from 'vitest';
import { adler32, checksumCodec, fletcher32 } from './checksum.js';
import { crc32, crc32c } from './crc.js';

const DIGITS = Buffer.from('123456789');

test('checksums have the values of their definitions', () => {
  expect(crc32c(DIGITS)).toBe(0xe3069283);
  expect(crc32(DIGITS)).toBe(0xcbf43926);
  expect(adler32(Buffer.from('Wikipedia'))).toBe(0x11e60398);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(adler32(new Uint8Array(0))).toBe(1);
});

test('adler32() is right where its sums pass 2^32', () => {
  const bytes = new Uint8Array(1_000_003).fill(255);
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  expect(adler32(bytes)).toBe(high * 65536 + low);
});

/** A chunk that HDF5 wrote, from the tests of numcodecs: ten int64, then their checksum. */
const HDF5_CHUNK = Buffer.from(
  '770700000000000085f6ffffffffffff690700000000000094f6ffffffffffff88090000000000006903' +
    '00000000000093fdffffffffffffc3fcffffffffffff2702000000000000baf7fffffffffffffd258664',
  'hex',
);

test('fletcher32 is the one of HDF5', () => {
  const target = new Uint8Array(80);
  checksumCodec('fletcher32', fletcher32, 'end', true).decode(HDF5_CHUNK, target);
  const values = new BigInt64Array(target.buffer);
  expect([...values].map(Number)).toEqual([1911, -2427, 1897, -2412, 2440, 873, -621, -829, 551, -2118]);
});

test('fletcher32 of an odd length takes the last byte for the upper half of a word', () => {
  expect(fletcher32(Uint8Array.of(1, 2, 3))).toBe(fletcher32(Uint8Array.of(1, 2, 3, 0)));
  expect(fletcher32(Uint8Array.of(1, 2))).toBe(0x01020102);
});

test.each(['start', 'end'] as const)('a checksum at the %s is compared, unless that is not wanted', (at) => {
  const data = Uint8Array.from({ length: 100 }, (_, i) => (i * 7) % 251);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, crc32c(data), true);
  const stored = at === 'end' ? Buffer.concat([data, sum]) : Buffer.concat([sum, data]);
  const checked = checksumCodec('crc32c', crc32c, at, true);
  expect(Buffer.compare(checked.part(stored), data)).toBe(0);
  for (let byte = 0; byte < stored.length; byte++) {
    const wrong = Buffer.from(stored);
    wrong[byte]! ^= 1;
    expect(() => checked.part(wrong)).toThrow(
      /^crc32c: the checksum of 100 bytes is [0-9a-f]{8}, [0-9a-f]{8} is stored$/,
    );
    expect(checksumCodec('crc32c', crc32c, at, false).part(wrong).length).toBe(100);
  }
  expect(() => checked.part(stored.subarray(0, 3))).toThrow('crc32c: no checksum: found 3 bytes, it takes 4');
});
