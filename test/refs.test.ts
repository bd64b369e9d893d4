import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { gribTwo, simple } from '../src/formats/grib/write.testing.js';
import { runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-refs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ZIP = path.resolve(import.meta.dirname, '../src/formats/zarr/zarr-v3.fixture.zip');
const ARRAY = {
  zarr_format: 3,
  node_type: 'array',
  shape: [4],
  data_type: 'uint8',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: 'default' },
  fill_value: 9,
  codecs: [{ name: 'bytes' }],
};
mkdirSync(path.join(scratch, 'a.zarr/t/c'), { recursive: true });
writeFileSync(path.join(scratch, 'a.zarr/zarr.json'), JSON.stringify({ zarr_format: 3, node_type: 'group' }));
writeFileSync(path.join(scratch, 'a.zarr/t/zarr.json'), JSON.stringify(ARRAY));
writeFileSync(path.join(scratch, 'a.zarr/t/c/1'), Uint8Array.of(3, 4));

function lsio(...args: string[]) {
  return runLsio(args, { cwd: scratch });
}

describe('lsio refs', () => {
  test('refers to the chunks of a directory, relative to the file', () => {
    const { status, stderr } = lsio('refs', 'a.zarr', '-o', 'a.json');
    expect(stderr).toBe('a.json: 3 references\n');
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(path.join(scratch, 'a.json'), 'utf8'))).toEqual({
      version: 1,
      refs: {
        't/c/1': ['a.zarr/t/c/1'],
        't/zarr.json': JSON.stringify(ARRAY),
        'zarr.json': '{"zarr_format":3,"node_type":"group"}',
      },
    });
    expect([...lsio('read', 'a.json', '--format', 'raw').stdout]).toEqual([9, 9, 3, 4]);
  });

  test('refers to parts of a zip file; what is deflated is held in it', () => {
    writeFileSync(path.join(scratch, 'z.zip'), readFileSync(ZIP));
    expect(lsio('refs', 'z.zip', '-o', 'z.json').status).toBe(0);
    const { refs } = JSON.parse(readFileSync(path.join(scratch, 'z.json'), 'utf8'));
    const entries = Object.values(refs) as unknown[];
    expect(entries.some((entry) => Array.isArray(entry) && entry[0] === 'z.zip' && entry.length === 3)).toBe(true);
    expect(entries.some((entry) => typeof entry === 'string' && entry.startsWith('base64:'))).toBe(true);
    const { stdout } = lsio('info', '--check', '--json', 'z.json');
    const { arrays, format } = JSON.parse(stdout.toString());
    expect(format).toBe('zarr v3, consolidated, by references');
    expect(arrays.flatMap(({ badChunks }: { badChunks: unknown[] }) => badChunks)).toEqual([]);
    for (const name of ['shard/end', 'dtype/float16', 'codec/blosc-zstd-shuffle']) {
      const args = ['-a', name, '--format', 'raw'];
      expect(lsio('read', 'z.json', ...args).stdout).toEqual(lsio('read', 'z.zip', ...args).stdout);
    }
  });

  test('refers to messages of GRIB files; grib index writes the same beside one', () => {
    mkdirSync(path.join(scratch, 'fields'));
    for (const [i, name] of ['a', 'b'].entries()) {
      const numbers = Array.from({ length: 12 }, (_, value) => value + 100 * i);
      const message = gribTwo({ packed: simple(numbers, 9), columns: 4, rows: 3, hours: 6 * i });
      writeFileSync(path.join(scratch, `fields/${name}.grib2`), message);
    }
    const { status, stderr } = lsio('refs', 'fields/*.grib2', '-o', 'fields.json');
    expect(stderr).toMatch(/^fields\.json: \d+ references\nlsio: other readers need the codec "grib" of kerchunk/);
    expect(status).toBe(0);
    const raw = ['-a', '2t', '--format', 'raw'];
    const { stdout } = lsio('read', 'fields', ...raw);
    expect(stdout.length).toBe(2 * 12 * 4);
    expect(lsio('read', 'fields.json', ...raw).stdout).toEqual(stdout);
    expect(lsio('grib', 'index', '-q', '--format', 'refs', 'fields/b.grib2').status).toBe(0);
    const own = lsio('read', 'fields/b.grib2.refs.json', ...raw).stdout;
    expect(own).toEqual(stdout.subarray(48));
    expect(lsio('read', 'fields/b.grib2', 'fields/a.grib2', ...raw).stdout).toEqual(stdout);
  });

  test('says when they lead out of its directory, and then reads them only where that is allowed', () => {
    mkdirSync(path.join(scratch, 'sub'));
    expect(lsio('refs', 'a.zarr', '-o', 'sub/a.json').stderr).toContain('--allow-outside');
    expect(lsio('read', 'sub/a.json', '--format', 'raw').stderr).toContain('outside of');
    expect([...lsio('read', 'sub/a.json', '--format', 'raw', '--allow-outside').stdout]).toEqual([9, 9, 3, 4]);
  });

  test('an existing file is refused, and replaced with --overwrite', () => {
    writeFileSync(path.join(scratch, 'there.json'), 'x');
    expect(lsio('refs', 'a.zarr', '-o', 'there.json').status).toBe(4);
    expect(readFileSync(path.join(scratch, 'there.json'), 'utf8')).toBe('x');
    expect(lsio('refs', 'a.zarr', '-o', 'there.json', '--overwrite').status).toBe(0);
  });
});
