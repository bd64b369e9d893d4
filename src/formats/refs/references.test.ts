import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../array/exact-json.js';
import { isLsioError, type LsioError } from '../../errors.js';
import { isReferences, parseReference, parseReferences, targetKey } from './references.js';

function failure(run: () => unknown): LsioError {
  try {
    run();
  } catch (error) {
    if (isLsioError(error, 'format')) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('parseReferences()', () => {
  test('version 0 is the entries alone', () => {
    const entries = { '.zgroup': '{}', 'a/0': ['x'] };
    expect(isReferences(entries)).toBe(true);
    expect(parseReferences('r', entries)).toEqual({ entries, templates: {} });
  });

  test.each([[{ refs: {} }], [{ version: 1, refs: { a: 'b' }, templates: { u: 'x' } }]])(
    '%j is of version 1',
    (json) => {
      expect(isReferences(json as JsonObject)).toBe(true);
      expect(parseReferences('r', json as JsonObject).entries).toBe(json.refs);
    },
  );

  test.each([[{ type: 'FeatureCollection' }], [[]], [null], ['x']])('%j is something else', (json) => {
    expect(isReferences(json as JsonValue)).toBe(false);
  });

  test.each([
    [{ version: 2, refs: {} }, 'version 2 is not known'],
    [{ version: 1, refs: {}, gen: [{ key: 'x' }] }, '"gen" is not supported'],
    [{ version: 1, refs: {}, templates: { f: '{{ c }}.grib' } }, 'template "f" is not plain text'],
  ])('%j is refused', (json, message) => {
    expect(failure(() => parseReferences('r', json as JsonObject)).message).toContain(message);
  });
});

describe('parseReference()', () => {
  test.each([
    ['text', { bytes: Buffer.from('text') }],
    ['base64:AAE=', { bytes: Uint8Array.of(0, 1) }],
    [{ a: 2n ** 64n, b: [Number.NaN] }, { bytes: Buffer.from('{"a": 18446744073709551616, "b": [NaN]}') }],
    [['x.nc'], { file: 'x.nc' }],
    [['{{u}}/x.nc', 5, 7], { file: 'dir/x.nc', offset: 5, length: 7 }],
    [['{{ u }}{{u}}', 0, 0], { file: 'dirdir', offset: 0, length: 0 }],
  ])('case %#', (entry, reference) => {
    const found = parseReference('r', entry as JsonValue, { u: 'dir' });
    expect('bytes' in found ? { bytes: [...found.bytes] } : found).toEqual(
      'bytes' in reference ? { bytes: [...reference.bytes] } : reference,
    );
  });

  test.each([
    [['x', 1], 'no reference'],
    [['x', -1, 5], 'no reference'],
    [['x', 1.5, 5], 'no reference'],
    [['x', 1, 5, 9], 'no reference'],
    [[], 'no reference'],
    [[1], 'no reference'],
    [5, 'no reference'],
    [null, 'no reference'],
    ['base64:!', 'not base64'],
    [['{{v}}'], 'template {{v}} is not known'],
  ])('%j is refused', (entry, message) => {
    expect(failure(() => parseReference('r', entry as JsonValue, {})).message).toContain(message);
  });
});

describe('targetKey()', () => {
  test.each([
    ['x.nc', '/x.nc'],
    ['a/x.nc', '/a/x.nc'],
    ['./a/../x.nc', '/x.nc'],
    ['/data/refs/x.nc', '/x.nc'],
    ['file:///data/refs/a%20b.nc', '/a b.nc'],
  ])('%s', (file, key) => expect(targetKey('r', file, '/data/refs', '/data/refs')).toBe(key));

  test.each([
    ['../x.nc', 'outside of /data/refs'],
    ['/etc/passwd', 'outside of /data/refs'],
    ['file:///etc/passwd', 'outside of /data/refs'],
    ['/data/refs2/x', 'outside of /data/refs'],
    ['a/../../refs', 'outside of /data/refs'],
    ['', 'outside of /data/refs'],
    ['.', 'outside of /data/refs'],
    ['https://example.org/x.nc', 'refers to https:'],
    ['s3://bucket/x.nc', 'refers to s3:'],
    ['file://host/x.nc', 'no local file'],
    ['x\0y', 'NUL'],
  ])('%j is refused', (file, message) => {
    expect(failure(() => targetKey('r', file, '/data/refs', '/data/refs')).message).toContain(message);
  });

  test('with / as the root, all files may be read', () => {
    expect(targetKey('r', '../x.nc', '/data/refs', '/')).toBe('/data/x.nc');
  });
});
