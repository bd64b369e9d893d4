import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LZ4, Zstd } from 'numcodecs';
import { afterAll, describe, expect, test } from 'vitest';
import { LSIO } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-codecs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ELEMENTS = 5000;
const VALUES = Int16Array.from({ length: ELEMENTS }, (_, i) => (i * 7) % 251);

async function putArray(name: string, codec: string, encode: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array) {
  const folder = path.join(scratch, name);
  mkdirSync(path.join(folder, 'c'), { recursive: true });
  const metadata = {
    ...{ zarr_format: 3, node_type: 'array', shape: [ELEMENTS], data_type: 'int16', fill_value: 0 },
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [ELEMENTS] } },
    chunk_key_encoding: { name: 'default' },
    codecs: [
      { name: 'bytes', configuration: { endian: 'little' } },
      { name: codec, configuration: {} },
    ],
  };
  writeFileSync(path.join(folder, 'zarr.json'), JSON.stringify(metadata));
  writeFileSync(path.join(folder, 'c', '0'), await encode(new Uint8Array(VALUES.buffer)));
}

await putArray('zstd.zarr', 'zstd', (bytes) => new Zstd(3).encode(bytes));
await putArray('lz4.zarr', 'numcodecs.lz4', (bytes) => new LZ4().encode(bytes));

function libraryFile(name: string): string | undefined {
  const { stdout } = spawnSync('ldconfig', ['-p'], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
  });
  return new RegExp(`${name.replaceAll('.', '\\.')} .*=> (\\S+)`).exec(stdout ?? '')?.[1];
}

const lz4 = libraryFile('liblz4.so.1');
const zstd = libraryFile('libzstd.so.1');

function whyNot(): string | undefined {
  if (lz4 === undefined || zstd === undefined) return 'no liblz4 or libzstd to hide';
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? undefined : 'hiding a library needs unshare -m, as root';
}

/** Runs lsio where one library file is replaced by another file. */
function lsioWith(replaced: string, by: string, ...args: string[]): string {
  const script = 'mount --bind "$1" "$(readlink -f "$2")" && shift 2 && exec "$@"';
  const command = ['-m', 'sh', '-c', script, 'sh', by, replaced, process.execPath, LSIO, ...args];
  return execFileSync('unshare', command, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const reason = whyNot();

describe.skipIf(reason !== undefined)(`a machine without a library${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test.each([
    ['lz4.zarr', () => lz4!, 'lz4'],
    ['zstd.zarr', () => zstd!, 'zstd'],
  ])('reads %s all the same', (store, library, codec) => {
    const output = `${store}.raw`;
    const text = lsioWith(library(), '/dev/null', 'read', store, '-o', output, '--json');
    expect(JSON.parse(text)).toMatchObject({ decoder: 'wasm', shape: [ELEMENTS] });
    const written = execFileSync('cat', [output], { cwd: scratch });
    expect(Buffer.compare(written, new Uint8Array(VALUES.buffer))).toBe(0);
    const { codecs } = JSON.parse(lsioWith(library(), '/dev/null', 'doctor', '--json'));
    expect(codecs).toContainEqual(
      expect.objectContaining({ codec, decoder: 'wasm', problem: expect.stringContaining("can't be loaded") }),
    );
  });

  test('does not use another library of that name', () => {
    const { codecs, problems } = JSON.parse(lsioWith(lz4!, zstd!, 'doctor', '--json'));
    expect(codecs).toContainEqual(expect.objectContaining({ codec: 'lz4', decoder: 'wasm', library: 'lsio' }));
    expect(problems).toContainEqual(
      expect.objectContaining({ problem: expect.stringMatching(/^liblz4\.so\.1 can't be used: /) }),
    );
  });
});

test('without a compiler of WebAssembly the shared libraries decode, and what needs it is an error that says so', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--jitless', LSIO, 'read', ...args], { cwd: scratch, encoding: 'buffer' });
  const zstdRead = run('zstd.zarr', '--format', 'raw');
  if (zstd !== undefined) expect(Buffer.compare(zstdRead.stdout, new Uint8Array(VALUES.buffer))).toBe(0);
  const lz4Read = run('lz4.zarr', '--format', 'raw', '--decoder', 'wasm');
  expect(Buffer.compare(lz4Read.stdout, new Uint8Array(VALUES.buffer))).toBe(0);
  const refused = run('zstd.zarr', '--format', 'raw', '--decoder', 'wasm');
  expect(refused.stderr.toString()).toContain("only libzstd.so.1 decodes zstd here, and it isn't wanted");
  expect(refused.status).toBe(3);
});
