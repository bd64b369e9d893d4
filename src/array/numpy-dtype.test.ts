import { describe, expect, test } from 'vitest';
import { numpyDescr, parseNumpyDType } from './numpy-dtype.js';

describe('parseNumpyDType()', () => {
  test.each([
    ['|b1', 'bool', 1, false],
    ['<i2', 'int16', 2, false],
    ['>u8', 'uint64', 8, true],
    ['>i1', 'int8', 1, false],
    ['<f2', 'float16', 2, false],
    ['>c16', 'complex128', 16, true],
    ['<M8[ns]', 'datetime64[ns]', 8, false],
    ['>m8[30s]', 'timedelta64[30s]', 8, true],
    ['<M8', 'datetime64', 8, false],
    ['|S7', 'S7', 7, false],
    ['>U13', 'U13', 52, true],
    ['|V12', 'V12', 12, false],
  ])('%s is %s', (descr, name, itemBytes, bigEndian) => {
    expect(parseNumpyDType(descr)).toMatchObject({ dtype: { name, itemBytes }, bigEndian });
  });

  test('a list is a record, whose fields may be arrays and records', () => {
    const parsed = parseNumpyDType([
      ['a', '<i2'],
      ['b', '>f4', [2, 3]],
      ['c', [['d', '|u1']]],
    ]);
    expect(parsed).toMatchObject({
      dtype: {
        name: '{a: int16, b: float32(2, 3), c: {d: uint8}}',
        itemBytes: 27,
        fields: [{ offset: 0 }, { offset: 2, bigEndian: true, shape: [2, 3] }, { offset: 26 }],
      },
    });
  });

  test.each([
    '<i3',
    '<f16',
    'i',
    '<M8[parsec]',
    '<M4[s]',
    '<i4[s]',
    '|S',
    '|V',
    '<U536870912',
    '',
    'float32',
    3,
    null,
    [],
    [['a']],
    [['a', '|O']],
    [['a', '<i2', [-1]]],
    [
      ['a', '|V2147483647'],
      ['b', '|V2'],
    ],
  ])('says what is not understood of %j', (descr) => expect(typeof parseNumpyDType(descr)).toBe('string'));

  test('does not follow records without end', () => {
    let descr: unknown = '<i2';
    for (let depth = 0; depth < 10_000; depth++) descr = [['a', descr]];
    expect(parseNumpyDType(descr)).toContain('nested deeper');
  });
});

describe('numpyDescr()', () => {
  test.each(['|b1', '<i2', '|u1', '<f2', '<c8', '<M8[ns]', '<m8[30s]', '<M8', '|S7', '<U13', '|V3', '|O'])(
    '%s',
    (descr) => {
      const parsed = parseNumpyDType(descr);
      expect(typeof parsed === 'string' ? parsed : numpyDescr(parsed.dtype, parsed.bigEndian)).toBe(descr);
    },
  );

  test('keeps records as they are', () => {
    const descr = [
      ['a', '>i2'],
      ['', '|V2'],
      ['b', '<f8', [2]],
      ['c', [['d', '|u1']]],
    ];
    const parsed = parseNumpyDType(descr);
    expect(typeof parsed === 'string' ? parsed : numpyDescr(parsed.dtype)).toEqual(descr);
  });
});
