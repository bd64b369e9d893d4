import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-crops-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const HEADER_BYTES = 128;

/** Element (y, x) is 100 y + x. The chunk of the last rows and columns is missing. */
function putStore(): void {
  mkdirSync(path.join(scratch, 'a.zarr/c/0'), { recursive: true });
  mkdirSync(path.join(scratch, 'a.zarr/c/1'));
  const metadata = {
    ...{ zarr_format: 3, node_type: 'array', shape: [20, 30], data_type: 'int16', fill_value: -7 },
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [10, 15] } },
    chunk_key_encoding: { name: 'default' },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    dimension_names: ['y', 'x'],
  };
  writeFileSync(path.join(scratch, 'a.zarr/zarr.json'), JSON.stringify(metadata));
  for (const place of ['0/0', '0/1', '1/0']) {
    const [row = 0, column = 0] = place.split('/').map(Number);
    const at = (i: number) => 100 * (10 * row + Math.floor(i / 15)) + 15 * column + (i % 15);
    writeFileSync(
      path.join(scratch, 'a.zarr/c', place),
      Int16Array.from({ length: 150 }, (_, i) => at(i)),
    );
  }
}
putStore();

function element(y: number, x: number): number {
  return y >= 10 && x >= 15 ? -7 : 100 * y + x;
}

function crops(...args: string[]) {
  return runLsio(['crops', 'a.zarr', ...args], { cwd: scratch });
}

describe('lsio crops', () => {
  test('-o writes a stack, and the document says where each crop begins', () => {
    const { status, stdout, stderr } = crops('--size', '4,6', '-n', '50', '--seed', '3', '-o', 'a.npy', '--json');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const document = documentOf({ stdout });
    expect(document).toMatchObject({
      ...{ schema: 'lsio.crops/1', array: '', crops: 50, bytes: 50 * 4 * 6 * 2, dtype: 'int16', workers: 1 },
      ...{ size: [4, 6], dims: ['y', 'x'], seed: 3, decoder: 'none', output: 'a.npy', chunks: 4, chunksMissing: 1 },
    });
    const npy = readFileSync(path.join(scratch, 'a.npy'));
    expect(npy.toString('latin1', 0, HEADER_BYTES)).toContain("'shape': (50, 4, 6)");
    const values = [...new Int16Array(Uint8Array.from(npy.subarray(HEADER_BYTES)).buffer)];
    const origins = document.origins as readonly (readonly [number, number])[];
    const expected = origins.flatMap(([y, x]) =>
      Array.from({ length: 24 }, (_, i) => element(y + Math.floor(i / 6), x + (i % 6))),
    );
    expect(values).toEqual(expected);
    expect(new Set(origins.map(String)).size).toBeGreaterThan(30);
  });

  test('the same crops for a seed, whatever the batches and the engine', () => {
    const written = (name: string, ...args: string[]) => {
      expect(crops('--size', '4,6', '-n', '20', '-o', name, ...args).status).toBe(0);
      return readFileSync(path.join(scratch, name), 'base64');
    };
    const first = written('b.npy');
    expect(written('c.npy', '--batch-size', '3', '--engine', 'node', '--seed', '0')).toBe(first);
    expect(written('d.npy', '--seed', '1')).not.toBe(first);
  });

  test('by default tells how fast they are, and writes nothing', () => {
    const before = readdirSync(scratch);
    const { status, stdout, stderr } = crops('--size', '4,6', '-n', '1000');
    expect(status).toBe(0);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(
      /^1,000 crops of 4x6 int16: 46\.9 KiB in .* GB\/s, [\d,]+ crops\/s\n[\d.]+ bytes decoded for each/,
    );
    expect(readdirSync(scratch)).toEqual(before);
    expect(crops('--size', '4,6', '-n', '5', '-q', '--discard').stderr).toBe('');
  });

  test('--align, --isel and --sel say where they lie', () => {
    const originsOf = (...args: string[]) => {
      const { stdout, stderr } = crops('-n', '40', '-o', 'e.npy', '--overwrite', '--json', ...args);
      expect(stderr).toBe('');
      return documentOf({ stdout }).origins as readonly (readonly number[])[];
    };
    const aligned = originsOf('--size', '2,3', '--align');
    expect(new Set(aligned.map(String))).toEqual(new Set(['0,0', '0,15', '10,0', '10,15']));
    const within = originsOf('--size', '1,3', '--isel', 'y=5,x=20:24');
    expect(new Set(within.map(String))).toEqual(new Set(['5,20', '5,21']));
  });

  test.each([
    [['--size', '4', '-n', '1'], 'the size of crops has 1 numbers'],
    [['--size', '4,31', '-n', '1'], "crops of 31 along x don't fit into its 30 elements"],
    [['-n', '1'], '--size'],
    [['--size', '4,6', '-n', '1', '-o', 'x.npy', '--discard'], 'exclude one another'],
    [['--size', '4,6', '-n', '9', '--max-memory', '500'], 'are allowed'],
  ])('%j is refused before anything is read', (args, message) => {
    const { status, stdout, stderr } = crops(...args);
    expect(status).toBe(2);
    expect(stdout.length).toBe(0);
    expect(stderr).toContain(message);
    expect(existsSync(path.join(scratch, 'x.npy'))).toBe(false);
  });

  test('a damaged chunk fails it, names the chunk, and leaves no file', () => {
    mkdirSync(path.join(scratch, 'bad.zarr/c/0'), { recursive: true });
    writeFileSync(path.join(scratch, 'bad.zarr/zarr.json'), readFileSync(path.join(scratch, 'a.zarr/zarr.json')));
    writeFileSync(path.join(scratch, 'bad.zarr/c/0/0'), Buffer.alloc(10));
    const { status, stderr } = runLsio(['crops', 'bad.zarr', '--size', '20,30', '-n', '1', '-o', 'bad.npy'], {
      cwd: scratch,
    });
    expect(status).toBe(1);
    expect(stderr).toContain('/c/0/0: found 10 bytes');
    expect(existsSync(path.join(scratch, 'bad.npy'))).toBe(false);
    expect(crops('--size', '4,6', '-n', '1', '-o', 'a.npy').status).toBe(4);
  });
});
