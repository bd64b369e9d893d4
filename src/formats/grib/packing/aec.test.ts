import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aecScratchBytes } from '../../../kernels/aec.js';
import type { Kernels } from '../../../kernels/kernels.js';
import { bothKernels } from '../../../kernels/kernels.testing.js';
import { aec } from '../pack.testing.js';
import { unpackAec } from './aec.js';
import type { Packed } from './packed.js';

const BYTES = 1 << 20;
const TARGET = 4096;
const KERNELS = bothKernels(BYTES);

interface Result {
  readonly fault: number;
  readonly values: readonly number[];
  /** What lies around the ranges that the kernel may write. */
  readonly around: string;
}

function decode(kernels: Kernels, stream: Uint8Array, count: number, { bits, block, interval }: Options): Result {
  const all = new Uint8Array(kernels.buffer);
  const whole = Math.ceil(count / block) * block * 4;
  const source = TARGET + whole + 64;
  const scratch = source + stream.length + 16;
  const end = scratch + aecScratchBytes(stream.length);
  all.fill(0xa5, 0, end + 64);
  all.set(stream, source);
  const args = [TARGET, count, source, stream.length, scratch, bits, 14, block, interval] as const;
  const fault = kernels.decodeAec(...args, -3, 0.5, 0.1);
  const around = [all.subarray(0, TARGET), all.subarray(TARGET + whole, scratch), all.subarray(end, end + 64)];
  const values = fault === 0 ? [...new Float32Array(kernels.buffer, TARGET, count)] : [];
  return { fault, values, around: around.map((part) => Buffer.from(part).toString('hex')).join() };
}

interface Options {
  readonly bits: number;
  readonly block: number;
  readonly interval: number;
}

/** Runs, slopes, noise and jumps: what makes a writer take each option. */
const samples = fc.record({
  bits: fc.integer({ min: 1, max: 32 }),
  block: fc.constantFrom(8, 16, 32, 64),
  interval: fc.constantFrom(1, 3, 16, 64, 130),
  parts: fc.array(
    fc.tuple(fc.constantFrom('run', 'slope', 'noise', 'jump'), fc.integer({ min: 1, max: 90 }), fc.nat(2 ** 31 - 1)),
    { minLength: 1, maxLength: 12 },
  ),
});

function numbersOf(bits: number, parts: readonly [string, number, number][]): number[] {
  const limit = 2 ** bits;
  return parts.flatMap(([kind, count, seed]) =>
    Array.from({ length: count }, (_, i) => {
      if (kind === 'run') return seed % limit;
      if (kind === 'slope') return (seed + i * (1 + (seed % 5))) % limit;
      if (kind === 'jump') return i % 2 === 0 ? 0 : limit - 1;
      return (seed * (i + 1) * 2_654_435) % limit;
    }),
  );
}

describe('decodeAec()', () => {
  test('gives back what was encoded, and touches nothing else', () => {
    const property = fc.property(samples, ({ bits, block, interval, parts }) => {
      const numbers = numbersOf(bits, parts);
      const { data } = aec(numbers, bits, { block, interval });
      const wanted = numbers.map((x) => Math.fround((x * 0.5 - 3) * 0.1));
      const [wasm, js] = KERNELS.map((kernels) => decode(kernels, data, numbers.length, { bits, block, interval }));
      expect(wasm!.values).toEqual(wanted);
      expect(wasm).toEqual(js);
    });
    fc.assert(property, { numRuns: 150 });
  });

  test('both refuse the same damaged streams, and touch nothing else', () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.nat(40) });
    const property = fc.property(samples, damage, ({ bits, block, interval, parts }, { at, byte, cut }) => {
      const numbers = numbersOf(bits, parts);
      const bad = aec(numbers, bits, { block, interval }).data.slice();
      bad[at % bad.length] = byte;
      const stream = bad.subarray(0, Math.max(0, bad.length - cut));
      const [wasm, js] = KERNELS.map((kernels) => decode(kernels, stream, numbers.length, { bits, block, interval }));
      // Where a stream is damaged and too short, they may name either. What damage that is no fault decodes to is anything.
      expect([wasm!.fault === 0, wasm!.around]).toEqual([js!.fault === 0, js!.around]);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('unpackAec()', () => {
  test.each([100, 4095, 4096, 10_001])('%i values, by the kernel from 4,096 on', (count) => {
    const numbers = Array.from({ length: count }, (_, i) => Math.round(2000 + 1500 * Math.sin(i / 50)) + (i % 7));
    const packed = aec(numbers, 12, { reference: 1.5, binary: 1, decimal: 1 });
    const header = Buffer.concat([new Uint8Array(11), packed.parameters]);
    const bytes = Buffer.concat([packed.data, Buffer.from('7777')]);
    const input: Packed = { header, bytes, length: packed.data.length, count };
    const out = new Float32Array(count);
    unpackAec(input, out);
    expect(out).toEqual(Float32Array.from(numbers, (x) => (x * 2 + 1.5) * (1 / 10)));
    expect(() => unpackAec({ ...input, length: packed.data.length >> 1 }, out)).toThrow(/ends before its values/);
  });
});
