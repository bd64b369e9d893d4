import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectValid } from './helpers/documents.js';
import { FileServer } from './helpers/file-server.js';
import { runLsio } from './helpers/run-lsio.js';

let directory: string;
let server: FileServer;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-remote-'));
  writeFileSync(
    path.join(directory, 'a b.bin'),
    Uint8Array.from({ length: 100_000 }, (_, i) => i % 251),
  );
  makeZarr(path.join(directory, 'group.zarr/t2m'));
  writeFileSync(path.join(directory, 'group.zarr/zarr.json'), '{"zarr_format":3,"node_type":"group","attributes":{}}');
  server = await FileServer.start(directory);
});
afterAll(() => {
  server.stop();
  rmSync(directory, { recursive: true });
});

/** A raw array of int16, 6 x 8 in chunks of 4 x 4; one chunk is not stored. */
function makeZarr(at: string): void {
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [6, 8],
    data_type: 'int16',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 4] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: -7,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    attributes: { units: 'K' },
    dimension_names: ['y', 'x'],
  };
  for (const [row, column] of [
    [0, 0],
    [0, 1],
    [1, 0],
  ] as const) {
    mkdirSync(path.join(at, `c/${row}`), { recursive: true });
    const values = Int16Array.from({ length: 16 }, (_, i) => row * 1000 + column * 100 + i);
    writeFileSync(path.join(at, `c/${row}/${column}`), new Uint8Array(values.buffer));
  }
  writeFileSync(path.join(at, 'zarr.json'), JSON.stringify(metadata));
}

describe('lsio get of URLs', () => {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);

  test('gives the bytes of an object and of ranges of it', () => {
    const url = `${server.url}/a%20b.bin`;
    const whole = runLsio(['get', url]);
    expect({ status: whole.status, length: whole.stdout.length }).toEqual({ status: 0, length: 100_000 });
    expect(Buffer.compare(whole.stdout, content)).toBe(0);
    const ranges = runLsio(['get', `${url}#bytes=5-9,99990-`, '-q']);
    expect(ranges.stderr).toBe('');
    expect([...ranges.stdout]).toEqual([...content.subarray(5, 10), ...content.subarray(99_990)]);
    expect([...runLsio(['get', url, '-R', '-3']).stdout]).toEqual([...content.subarray(-3)]);
  });

  test('writes it below a directory: scheme and host dropped, path kept', () => {
    const { status } = runLsio(['get', `${server.url}/group.zarr/t2m/zarr.json`, '-o', 'out'], { cwd: directory });
    expect(status).toBe(0);
    const [got, asked] = ['out/group.zarr/t2m/zarr.json', 'group.zarr/t2m/zarr.json'].map((name) =>
      readFileSync(path.join(directory, name), 'utf8'),
    );
    expect(got).toBe(asked);
  });

  test('shows no user info and no query, and sends both', () => {
    const url = `${server.url.replace('//', '//me:planted-secret@')}/a%20b.bin?sig=planted-secret`;
    const { status, stdout, stderr } = runLsio(['get', url, '--discard', '--json', '-v']);
    expect(status).toBe(0);
    expect(JSON.parse(String(stdout)).items).toMatchObject([{ path: `${server.url}/a b.bin`, bytes: 100_000 }]);
    expect(`${stdout}${stderr}`).not.toContain('planted-secret');
    const missing = runLsio(['get', url.replace('a%20b', 'none'), '--discard', '--json']);
    expect(missing.status).toBe(1);
    expect(`${missing.stdout}${missing.stderr}`).not.toContain('planted-secret');
  });

  test('one that is not there fails alone', () => {
    const args = ['get', `${server.url}/none`, `${server.url}/a%20b.bin`, '--discard', '--json'];
    const { status, stdout } = runLsio(args);
    expect(status).toBe(1);
    const document = JSON.parse(String(stdout));
    expect(document).toMatchObject({ engine: 'http', failed: 1, bytes: 100_000 });
    expectValid(document);
  });

  test.each([
    [['/etc/hostname'], /URLs go without paths and lists/],
    [['http://127.0.0.2/x'], /one server or bucket at a time/],
    [['-r'], /plain HTTP has no listing/],
    [['--dry-run'], /plans reads of files, not of URLs/],
  ])('refuses %j beside a URL', (args, message) => {
    const { status, stderr } = runLsio(['get', `${server.url}/a/`, ...args, '--discard']);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('array commands on URLs', () => {
  test('read gives the bytes that it gives of the files', () => {
    const at = 'group.zarr/t2m';
    const remote = runLsio(['read', `${server.url}/${at}`, '-o', 'remote.npy'], { cwd: directory });
    expect(remote.stderr).toMatch(/int16 \(6, 8\)/);
    const local = runLsio(['read', at, '-o', 'local.npy'], { cwd: directory });
    expect([remote.status, local.status]).toEqual([0, 0]);
    const [one, other] = ['remote.npy', 'local.npy'].map((name) => readFileSync(path.join(directory, name)));
    expect(one!.length).toBeGreaterThan(96);
    expect(Buffer.compare(one!, other!)).toBe(0);
  });

  test('info and stats tell what they tell of the files', () => {
    const [remote, local] = [`${server.url}/group.zarr/t2m`, 'group.zarr/t2m'].map((source) => {
      const { stdout } = runLsio(['stats', source, '--json'], { cwd: directory });
      return JSON.parse(String(stdout)).results;
    });
    expect(remote).toEqual(local);
    const { status, stdout } = runLsio(['info', `${server.url}/group.zarr/t2m`]);
    expect({ status, text: String(stdout) }).toMatchObject({ status: 0, text: expect.stringContaining('int16') });
  });

  test('what is not there is named, without what may be secret', () => {
    const { status, stderr } = runLsio(['info', `${server.url.replace('//', '//me:planted-secret@')}/none.zarr`]);
    expect(status).toBe(1);
    expect(stderr).toContain('/none.zarr: nothing of that name');
    expect(stderr).not.toContain('planted-secret');
  });

  test('a signed address is refused for arrays', () => {
    const { status, stderr } = runLsio(['info', `${server.url}/group.zarr?sig=planted-secret`]);
    expect({ status, secret: stderr.includes('planted-secret') }).toEqual({ status: 2, secret: false });
  });
});
