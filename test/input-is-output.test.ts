import { execFileSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runLsio, runScript } from './helpers/run-lsio.js';

/* No array command may replace what it reads, nor append to it for ever. `lsio get` has its own tests of this. */

const GRIB = path.join(import.meta.dirname, '../src/formats/grib');
const ELEMENTS = Buffer.from(Array.from({ length: 16 }, (_, at) => at));

let directory = '';
let cwd = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-same-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
  makeStore(path.join(cwd, 's.zarr'));
  symlinkSync('s.zarr', path.join(cwd, 'link.zarr'));
  makeStore(path.join(cwd, 'sub/above.zarr/inner.zarr'));
  writeFileSync(path.join(cwd, 'sub/above.zarr/zarr.json'), '{"zarr_format":3,"node_type":"group"}');
});

/** One array of 4 x 4 bytes, in one chunk. */
function makeStore(root: string): void {
  mkdirSync(path.join(root, 't.npy/c/0'), { recursive: true });
  writeFileSync(path.join(root, 'zarr.json'), JSON.stringify({ zarr_format: 3, node_type: 'group' }));
  const array = {
    zarr_format: 3,
    node_type: 'array',
    shape: [4, 4],
    data_type: 'uint8',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 4] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 0,
    codecs: [{ name: 'bytes' }],
  };
  writeFileSync(path.join(root, 't.npy/zarr.json'), JSON.stringify(array));
  writeFileSync(path.join(root, 't.npy/c/0/0'), ELEMENTS);
}

function refused(args: readonly string[], why: string): void {
  const before = listed();
  const { status, stderr } = runLsio([...args, '--overwrite'], { cwd });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(why) });
  expect(listed()).toBe(before);
}

/** All that is there, with the sums of its bytes. */
function listed(): string {
  return execFileSync('sh', ['-c', 'find . | sort; find . -type f -exec cksum {} + | sort'], { cwd, encoding: 'utf8' });
}

test.each(['s.zarr', 's.zarr/', './s.zarr', 'link.zarr'])(
  'stats does not replace the store that it reads, -o %s',
  (output) => {
    refused(['stats', 's.zarr', '-o', output], 'input and output are the same file');
    refused(['stats', 's.zarr/t.npy', '-o', output], 'is not replaced');
  },
);

test('stats replaces no store that holds what it reads, and no store in it', () => {
  refused(['stats', 'sub/above.zarr/inner.zarr', '-o', 'sub/above.zarr'], 'is not replaced');
  refused(['stats', 'sub/above.zarr', '-a', 'inner.zarr/t.npy', '-o', 'sub/above.zarr/inner.zarr'], 'is not replaced');
});

test.each([
  { command: ['read', 's.zarr', '--format', 'npy'] },
  { command: ['refs', 's.zarr'] },
  { command: ['read', `file://PLACE/s.zarr`, '--format', 'npy'] },
])('$command replaces no file of the store that it reads', ({ command }) => {
  refused([...command.map((part) => part.replace('PLACE', cwd)), '-o', 's.zarr/t.npy/c/0/0'], 'is not replaced');
});

test('crops and series replace no file of the store that they read', () => {
  writeFileSync(path.join(cwd, 's.zarr/x.npy'), 'mine');
  refused(['crops', 's.zarr', '--size', '1,1', '-n', '1', '-o', 's.zarr/x.npy'], 'is not replaced');
  writeFileSync(path.join(cwd, 'points.csv'), 'dim_0\n1\n');
  refused(['series', 's.zarr', '--points', 'points.csv', '-o', 'points.csv'], 'input and output are the same file');
});

test('a new file in a store, and an old one elsewhere, are written', () => {
  writeFileSync(path.join(cwd, 'old.npy'), 'old');
  for (const output of ['s.zarr/new.npy', 'old.npy']) {
    expect(runLsio(['read', 's.zarr', '-o', output, '--overwrite'], { cwd }).status).toBe(0);
    expect(readFileSync(path.join(cwd, output)).subarray(-16).equals(ELEMENTS)).toBe(true);
  }
});

test('an array in a .zip does not replace the .zip', () => {
  cpSync(path.join(GRIB, '../zarr/zarr-v2.fixture.zip'), path.join(cwd, 'a.zip'));
  refused(['read', 'a.zip/nosuch', '--format', 'npy', '-o', 'a.zip'], 'input and output are the same file');
});

test.each(['in.grib2', 'hard.grib2', 'link.grib2'])('a GRIB file is not replaced under the name %s', (output) => {
  writeFileSync(path.join(cwd, 'in.grib2'), 'GRIB and whatever follows');
  linkSync(path.join(cwd, 'in.grib2'), path.join(cwd, 'hard.grib2'));
  symlinkSync('in.grib2', path.join(cwd, 'link.grib2'));
  const why = 'input and output are the same file';
  for (const input of ['in.grib2', '*n.grib2']) {
    refused(['grib', 'get', input, '-o', output], why);
    refused(['read', input, '--format', 'npy', '-o', output], why);
    refused(['refs', input, '-o', output], why);
  }
});

test.each(['grib get in.grib2 -o -', 'read in.grib2 --format raw', 'stats in.grib2'])(
  'lsio %s is not appended to its input',
  (command) => {
    writeFileSync(path.join(cwd, 'in.grib2'), 'GRIB and whatever follows');
    const { status, stderr } = runScript(`lsio ${command} >> in.grib2`, { cwd });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('the same file') });
    expect(readFileSync(path.join(cwd, 'in.grib2'), 'utf8')).toBe('GRIB and whatever follows');
    const stdin = runScript('lsio read - --format npy -o in.grib2 --overwrite < in.grib2', { cwd });
    expect({ status: stdin.status, stderr: stdin.stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('the same file'),
    });
  },
);
