import fc from 'fast-check';
import { LZ4 } from 'numcodecs';
import { expect, test } from 'vitest';
import { bothKernels, contents } from './kernels.testing.js';

const SOURCE = 70_001;
const SPACE = 200_000;

/** Runs of literals, of one byte, and of what came before, near and far. */
const data = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 600 })).map(([byte, count]) => new Uint8Array(count).fill(byte)),
      fc.tuple(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 40 })).map(([period, count]) => {
        return Uint8Array.from({ length: period * count }, (_, i) => (i % period) * 7);
      }),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)))
  .filter(({ length }) => length > 0);

async function block(bytes: Uint8Array): Promise<Uint8Array> {
  // numcodecs puts the length before the block.
  return (await new LZ4().encode(bytes)).subarray(4);
}

test('decodeLz4() gives back what liblz4 encoded, and touches nothing else', async () => {
  const property = fc.asyncProperty(data, async (bytes) => {
    const source = await block(bytes);
    for (const kernels of bothKernels(SPACE)) {
      new Uint8Array(kernels.buffer).set(source, SOURCE);
      const before = contents(kernels);
      expect(kernels.decodeLz4(9, bytes.length, SOURCE, source.length)).toBe(bytes.length);
      before.set(bytes, 9);
      expect(contents(kernels).equals(before)).toBe(true);
    }
  });
  await fc.assert(property, { numRuns: 100 });
});

test('decodeLz4() of damaged blocks: both implementations refuse the same, and write nothing outside', async () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  const property = fc.asyncProperty(data, damage, fc.nat(), fc.nat(30), async (bytes, changes, cut, room) => {
    const source = (await block(bytes)).slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : undefined);
    for (const [place, byte] of changes) source[place % Math.max(source.length, 1)] = byte;
    const targetBytes = Math.max(bytes.length + room - 15, 0);
    const results = bothKernels(SPACE).map((kernels) => {
      new Uint8Array(kernels.buffer).set(source, SOURCE);
      const before = contents(kernels);
      const written = kernels.decodeLz4(9, targetBytes, SOURCE, source.length);
      const after = contents(kernels);
      expect(after.subarray(0, 9).equals(before.subarray(0, 9))).toBe(true);
      expect(after.subarray(9 + targetBytes).equals(before.subarray(9 + targetBytes))).toBe(true);
      return [written, written < 0 ? '' : after.subarray(9, 9 + written).toString('hex')];
    });
    expect(results[0]).toEqual(results[1]);
  });
  await fc.assert(property, { numRuns: 300 });
});
