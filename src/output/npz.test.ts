import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { npzArchive } from './npz.js';

/** A .npy file of version 1.0. */
function npy(descr: string, shape: string, data: Uint8Array): Uint8Array[] {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return [Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${text}\n`), data];
}

const READ = `
import sys, io, json, zipfile, numpy
data = sys.stdin.buffer.read()
assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
print(json.dumps({name: [array.dtype.str, array.tolist()] for name, array in numpy.load(io.BytesIO(data)).items()}))
`;

test('npzArchive() is what numpy reads, checksums included', () => {
  const floats = new Uint8Array(Float32Array.of(1.5, -2, 3, 4).buffer);
  const archive = Buffer.concat(
    npzArchive([
      { name: 't2m', npy: npy('<f4', '(2, 2)', floats) },
      { name: 'größe/lat', npy: npy('<i2', '(3,)', new Uint8Array(Int16Array.of(-1, 0, 1).buffer)) },
      { name: 'none', npy: npy('<f8', '(0,)', new Uint8Array(0)) },
    ]),
  );
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', READ], { input: archive });
  const why = stderr?.toString().trim().split('\n').at(-1) ?? 'no python3';
  if (status !== 0 && (stderr === null || why.includes('ModuleNotFoundError'))) {
    process.stderr.write(`skipped: no numpy to read the archive (apt-get install python3-numpy): ${why}\n`);
    return;
  }
  expect(status, why).toBe(0);
  expect(JSON.parse(stdout.toString())).toEqual({
    t2m: [
      '<f4',
      [
        [1.5, -2],
        [3, 4],
      ],
    ],
    'größe/lat': ['<i2', [-1, 0, 1]],
    none: ['<f8', []],
  });
});

test('npzArchive() refuses what zip without its extension does not hold', () => {
  const half = { length: 2 ** 31, [Symbol.iterator]: undefined } as unknown as Uint8Array;
  const entry = { name: 'x', npy: [half, half] };
  expect(() => npzArchive([entry])).toThrow(expect.objectContaining({ kind: 'too-large' }));
});
