import { describe, expect, test } from 'vitest';
import { fixedDType, plainDType, recordDType, timeDType } from '../array/dtype.js';
import { fixedElements, npyHeader } from './npy.js';

function textOf(header: Uint8Array): string {
  return Buffer.from(header).toString('latin1', 10).trimEnd();
}

describe('npyHeader()', () => {
  test('is what numpy 1.24 writes', () => {
    // np.save of np.zeros((2, 3), '<f4')
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    const expected = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
      Buffer.from(text.padEnd(117)),
      Buffer.from('\n'),
    ]);
    expect(Buffer.from(npyHeader(plainDType('float32'), [2, 3]))).toEqual(expected);
  });

  test.each([
    [plainDType('bool'), [], "'|b1', 'fortran_order': False, 'shape': ()"],
    [plainDType('uint8'), [7], "'|u1', 'fortran_order': False, 'shape': (7,)"],
    [timeDType('datetime', { unit: 'ns', count: 1 }), [1], "'<M8[ns]'"],
    [timeDType('timedelta', { unit: 's', count: 30 }), [1], "'<m8[30s]'"],
    [fixedDType('fixed-text', 13), [1], "'<U13'"],
    [plainDType('complex128'), [1], "'<c16'"],
  ])('%j %j', (dtype, shape, expected) => expect(textOf(npyHeader(dtype, shape))).toContain(expected));

  test('of a record is a list of its fields, gaps included', () => {
    const record = recordDType(
      [
        { name: 'a', offset: 0, dtype: plainDType('int16'), bigEndian: true },
        { name: "it's", offset: 4, dtype: plainDType('float64'), bigEndian: false, shape: [2] },
      ],
      24,
    );
    const fields = String.raw`[('a', '>i2'), ('', '|V2'), ('it\'s', '<f8', (2,)), ('', '|V4')]`;
    expect(textOf(npyHeader(record, [1]))).toContain(fields);
  });

  test('has the version 3.0 for names that are not ASCII, and 2.0 where it is long', () => {
    const fields = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        name: name + i,
        offset: i,
        dtype: plainDType('uint8'),
        bigEndian: false,
      }));
    expect(npyHeader(recordDType(fields('é', 1), 1), [1])[6]).toBe(3);
    const long = npyHeader(recordDType(fields('x', 5000), 5000), [1]);
    expect(long[6]).toBe(2);
    expect(long.length % 64).toBe(0);
    expect(new DataView(long.buffer, long.byteOffset).getUint32(8, true)).toBe(long.length - 12);
  });
});

describe('fixedElements()', () => {
  test('text is U of the longest, in characters', () => {
    const { dtype, bytes } = fixedElements(plainDType('string'), ['a', '', 'b😀c']);
    expect(dtype.name).toBe('U3');
    expect([...new Uint32Array(bytes.buffer)]).toEqual([97, 0, 0, 0, 0, 0, 98, 0x1f600, 99]);
  });

  test('bytes are S of the longest', () => {
    const { dtype, bytes } = fixedElements(plainDType('bytes'), [Uint8Array.of(1), Uint8Array.of(2, 3)]);
    expect(dtype.name).toBe('S2');
    expect([...bytes]).toEqual([1, 0, 2, 3]);
  });

  test('no element has no length', () => {
    expect(fixedElements(plainDType('string'), []).dtype.name).toBe('U1');
  });
});
