import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../array/exact-json.js';
import { readArray } from '../../compute/read.js';
import { isLsioError, type LsioError } from '../../errors.js';
import { openSource } from '../open-source.js';
import { isReferences, parseReference, parseReferences, targetKey } from './references.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-refs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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

describe('openSource() of references', () => {
  const zarray = {
    zarr_format: 2,
    shape: [4],
    chunks: [2],
    dtype: '|u1',
    fill_value: 9,
    filters: null,
    compressor: null,
    order: 'C',
  };

  async function read(name: string, allowOutside = false): Promise<number[]> {
    await using source = await openSource(path.join(scratch, name), { allowOutside });
    return [...(await readArray(source.arrays[0]!.array!)).bytes];
  }

  mkdirSync(path.join(scratch, 'in'));
  writeFileSync(path.join(scratch, 'out.bin'), Uint8Array.of(1, 2, 3));
  writeFileSync(path.join(scratch, 'in/in.bin'), Uint8Array.of(4, 5, 6));
  function put(name: string, refs: object): void {
    writeFileSync(
      path.join(scratch, name),
      JSON.stringify({ '.zgroup': { zarr_format: 2 }, 'a/.zarray': zarray, ...refs }),
    );
  }

  test('a chunk without an entry is the fill value', async () => {
    put('in/a.json', { 'a/0': ['in.bin', 1, 2] });
    expect(await read('in/a.json')).toEqual([5, 6, 9, 9]);
  });

  test('files outside are read only where that is allowed', async () => {
    put('in/b.json', { 'a/0': ['../out.bin', 0, 2] });
    await expect(read('in/b.json')).rejects.toMatchObject({ kind: 'format', remedy: '--allow-outside' });
    expect(await read('in/b.json', true)).toEqual([1, 2, 9, 9]);
  });

  test('an answer that is too short is an error, not zeros', async () => {
    put('in/c.json', { 'a/0': ['in.bin', 2, 2] });
    await expect(read('in/c.json')).rejects.toMatchObject({ kind: 'format' });
    put('in/d.json', { 'a/0': ['in.bin', 50, 2] });
    await expect(read('in/d.json')).rejects.toMatchObject({ kind: 'range' });
  });

  test('a file that is not there is an error, not the fill value', async () => {
    put('in/e.json', { 'a/0': ['gone.bin', 0, 2] });
    await expect(read('in/e.json')).rejects.toMatchObject({ kind: 'read', code: 'ENOENT' });
  });
});
