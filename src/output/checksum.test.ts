import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDigest } from './checksum.js';

const READ_10_COMMAND =
  '01c00000000000000000000000000000140000000000040000000014000000182800000000000000020000000000000000';

function crc32c(bytes: Uint8Array): string {
  const digest = createDigest('crc32c');
  digest.update(bytes);
  return digest.hex();
}

describe('createDigest()', () => {
  // RFC 3720, appendix B.4, which writes the digests from the lowest byte on.
  test.each([
    { name: '32 zeros', bytes: new Uint8Array(32), hex: '8a9136aa' },
    { name: '32 ones', bytes: new Uint8Array(32).fill(0xff), hex: '62a8ab43' },
    { name: '32 up', bytes: Uint8Array.from({ length: 32 }, (_, at) => at), hex: '46dd794e' },
    { name: '32 down', bytes: Uint8Array.from({ length: 32 }, (_, at) => 31 - at), hex: '113fdb5c' },
    { name: 'a SCSI read', bytes: Buffer.from(READ_10_COMMAND.slice(0, 96), 'hex'), hex: 'd9963a56' },
    { name: 'nothing', bytes: new Uint8Array(0), hex: '00000000' },
    { name: '123456789', bytes: Buffer.from('123456789'), hex: 'e3069283' },
  ])('crc32c of $name', ({ bytes, hex }) => {
    expect(crc32c(bytes)).toBe(hex);
  });

  test('takes bytes in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.constantFrom('sha256', 'crc32c'), (pieces, name) => {
        const [whole, apart] = [createDigest(name), createDigest(name)];
        whole.update(Buffer.concat(pieces));
        for (const piece of pieces) apart.update(piece);
        expect(apart.hex()).toBe(whole.hex());
      }),
    );
  });

  test('sha256 is that of node:crypto', () => {
    const digest = createDigest('sha256');
    digest.update(Buffer.from('light speed'));
    expect(digest.hex()).toBe(createHash('sha256').update('light speed').digest('hex'));
  });
});
