/* The files that bench-grib works on. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build } from 'rolldown';

const LISTED_BYTES = 546e6;
/** Real files with one field a message, which ecCodes lists, too. */
const LISTED = [
  'gdas.t12z.pgrb2.0p25.f000.12',
  '20250912120000-0h-oper-fc.grib2.89',
  'gdas.t00z.sfluxgrbf000.grib2.0',
  '20240101000000-0h-oper-fc.grib2.0-10',
  'CMC_glb_TMP_ISBL_1_latlon.24x.24_2021051800_P000.grib2',
];
const NATIVE = 'MSG4-SEVI-MSG15-0100-NA-20210302124244.185000000Z-NA.nat';

/** A real file, unpacked. @param {string} fixtures @param {string} name @param {string} directory */
export function unpacked(fixtures, name, directory) {
  const target = path.join(directory, name);
  if (existsSync(target)) return target;
  const source = path.join(fixtures, name);
  const bytes = existsSync(`${source}.xz`)
    ? execFileSync('xz', ['-dc', `${source}.xz`], { maxBuffer: 2 ** 28 })
    : existsSync(`${source}.gz`)
      ? gunzipSync(readFileSync(`${source}.gz`))
      : readFileSync(source);
  writeFileSync(target, bytes);
  return target;
}

/** A file of 546 MB, of messages of real ones. @param {string} fixtures @param {string} directory */
export function listedFile(fixtures, directory) {
  const target = path.join(directory, 'listed.grib2');
  if (existsSync(target)) return target;
  const parts = LISTED.map((name) => readFileSync(unpacked(fixtures, name, directory)));
  rmSync(`${target}.part`, { force: true });
  for (let bytes = 0, i = 0; bytes < LISTED_BYTES; i++) {
    const part = parts[i % parts.length] ?? Buffer.alloc(0);
    appendFileSync(`${target}.part`, part);
    bytes += part.length;
  }
  return finished(target);
}

/** A full disk of 271 MB: a round earth with a pattern. @param {string} directory */
export async function nativeFile(directory) {
  const target = path.join(directory, NATIVE);
  if (existsSync(target) && statSync(target).size > 0) return target;
  const writer = path.join(directory, 'writer.mjs');
  const input = path.join(import.meta.dirname, '../../src/formats/nat/write.testing.ts');
  await build({ input, platform: 'node', logLevel: 'warn', output: { file: writer, format: 'esm' } });
  const { nativeFile: write } = await import(writer);
  /** @param {number} band @param {number} line @param {number} column */
  const count = (band, line, column) => {
    const [x, y] = [(column - 1856) / 1800, (line - 1856) / 1800];
    const height = 1 - x * x - y * y;
    return height < 0 ? 0 : 200 + Math.round(300 * height) + ((line * 7 + column * 13 + band * 31) % 97);
  };
  writeFileSync(`${target}.part`, write({ count }));
  return finished(target);
}

/** @param {string} target */
function finished(target) {
  // Pages that are not written yet can't be evicted.
  execFileSync('sync', [`${target}.part`]);
  renameSync(`${target}.part`, target);
  return target;
}
