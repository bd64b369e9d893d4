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
    const { status, stdout, stderr } = runLsio(args);
    expect(status).toBe(1);
    expect(stderr).toContain(`lsio: ${server.url}/none: no such object (ENOENT)\n`);
    const document = JSON.parse(String(stdout));
    expect(document).toMatchObject({ engine: 'http', failed: 1, bytes: 100_000 });
    expectValid(document);
  });

  test.each([
    [['-r'], /plain HTTP has no listing/],
    [['*.bin'], /plain HTTP has no listing/],
    [['a#b'], /malformed address/],
  ])('refuses %j of a web server', ([argument], message) => {
    const args = argument!.startsWith('-') ? [`${server.url}/a`, argument!] : [`${server.url}/${argument}`];
    const { status, stderr } = runLsio(['get', ...args, '--discard']);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('lsio get of URLs and paths', () => {
  const tree = { 'one.txt': 'of bucket one', 'd/two.bin': 'x'.repeat(70_000), 'd/e/three.txt': 'three', 'd[1]': 'odd' };
  /** What reads s3:// from the server of the tests. */
  const s3 = () => ['--endpoint', server.url, '--anonymous'];
  beforeAll(() => {
    for (const bucket of ['buc-1', 'buc-2']) {
      for (const [name, text] of Object.entries(tree)) {
        mkdirSync(path.dirname(path.join(directory, bucket, name)), { recursive: true });
        writeFileSync(path.join(directory, bucket, name), `${bucket} ${text}`);
      }
    }
    writeFileSync(path.join(directory, 'local.txt'), 'a local file');
  });
  const get = (args: readonly string[], input = '') => runLsio(['get', ...args], { cwd: directory, input });

  test('several buckets, a server, paths and lists of them come in the order asked', () => {
    const http = `${server.url}/buc-1/one.txt`;
    const list = `local.txt\n${http}#bytes=0-4\n\nfile://${directory}/local.txt\ns3://buc-2/d/e/three.txt\n`;
    const args = ['s3://buc-1/one.txt', 'local.txt', 's3://buc-2/one.txt', '--files-from', '-', ...s3()];
    const { status, stdout, stderr } = get(args, list);
    expect(stderr).toMatch(/7 items.*requests \(lean\)/);
    expect({ status, text: String(stdout) }).toEqual({
      status: 0,
      text: 'buc-1 of bucket onea local filebuc-2 of bucket onea local filebuc-1a local filebuc-2 three',
    });
  });

  test('requests take "url" or "path", and give ranges of each back with its id', () => {
    const lines = [
      { url: 's3://buc-1/d/two.bin', offset: 4, length: 5, id: 'a' },
      { path: 'local.txt', suffixLength: 4, id: 'b' },
      { path: 's3://buc-2/one.txt', id: 'c' },
      { url: `${server.url}/buc-2/none`, id: 'd' },
      { url: 'local.txt', id: 'e' },
      { url: 's3://not a bucket/x', id: 'f' },
    ];
    const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { status, stdout } = get(['--requests', '-', '--discard', '--json', ...s3()], input);
    expect(status).toBe(1);
    const document = JSON.parse(String(stdout));
    expectValid(document);
    const byId = (id: string | undefined) => document.items.filter((item: { id?: string }) => item.id === id);
    expect(byId('a')).toMatchObject([{ path: 's3://buc-1/d/two.bin', offset: 4, bytes: 5 }]);
    expect(byId('b')).toMatchObject([{ path: 'local.txt', offset: 8, bytes: 4 }]);
    expect(byId('c')).toMatchObject([{ path: 's3://buc-2/one.txt', bytes: 19 }]);
    expect(byId('d')).toMatchObject([{ error: { code: 'ENOENT' } }]);
    expect(byId('f')).toMatchObject([{ error: { message: expect.stringContaining('is no bucket name') } }]);
    expect(byId(undefined)).toMatchObject([{ error: { message: expect.stringContaining('"url" is no URL') } }]);
    expect(document).toMatchObject({ failed: 3, bytes: 28 });
  });

  test('-r and globs list, beside paths; excludes hold; a key may have glob characters', () => {
    const args = ['-r', 's3://buc-1/d', 'buc-2/d', 's3://buc-2/d/', '--exclude', 'e/', '-o', 'listed', ...s3()];
    expect(get(args).stderr).toMatch(/two inputs for listed\/d\/two.bin/);
    const one = get(['-r', 's3://buc-1/d', '--exclude', 'e/', '-o', 'listed', ...s3()]);
    expect(one).toMatchObject({ status: 0, stderr: expect.stringContaining('1 item') });
    expect(readFileSync(path.join(directory, 'listed/d/two.bin'), 'utf8')).toBe(`buc-1 ${tree['d/two.bin']}`);
    const again = get(['s3://buc-1/**/*.[bt]*', '-o', 'listed', '--skip-existing', ...s3()]);
    expect(again).toMatchObject({ status: 0, stderr: expect.stringMatching(/^2 items.*1 skipped/m) });
    expect(String(get(['s3://buc-1/d%5B1%5D', 's3://buc-1/d[[]1]', ...s3()]).stdout)).toBe('buc-1 oddbuc-1 odd');
    expect(String(get(['-r', 's3://buc-1/one.txt', ...s3()]).stdout)).toBe('buc-1 of bucket one');
  });

  test('--tar, --output-name and --checksum take objects', () => {
    const tar = get(['s3://buc-1/one.txt', 'local.txt', '--tar', ...s3()]);
    expect(tar.status).toBe(0);
    expect(String(tar.stdout)).toContain('one.txt');
    expect(String(tar.stdout)).toContain('buc-1 of bucket one');
    const args = ['s3://buc-1/one.txt', 's3://buc-2/one.txt', '-o', 'named', '--output-name', '{index}-{path}'];
    expect(get([...args, ...s3()]).status).toBe(0);
    expect(readFileSync(path.join(directory, 'named/1-one.txt'), 'utf8')).toBe('buc-2 of bucket one');
    const sums = get(['s3://buc-1/one.txt', 'buc-1/one.txt', '--discard', '--checksum', 'crc32c', ...s3()]);
    const [one, other] = String(sums.stdout).split('\n');
    expect(one).toBe(other!.replace('buc-1/', 's3://buc-1/'));
  });

  test('a store that cannot be opened, a listing that fails, and what is not there fail alone', () => {
    const { status, stdout } = get([
      '-r',
      's3://buc-1/none',
      'local.txt',
      's3://buc-9/x',
      '--discard',
      '--json',
      ...s3(),
    ]);
    expect(status).toBe(1);
    const document = JSON.parse(String(stdout));
    expect(document).toMatchObject({ failed: 2, bytes: 12 });
  });

  test('--dry-run says what a run reads, and what it would cost', () => {
    const ranges = Array.from({ length: 40 }, (_, i) => ({
      url: 's3://buc-1/d/two.bin',
      offset: i * 1700,
      length: 100,
    }));
    const lines = [...ranges, { path: 'local.txt' }, { url: 's3://buc-2/one.txt' }, { url: 's3://buc-2/none' }];
    const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const args = ['--requests', '-', '--json', ...s3(), '--coalesce', '2k'];
    const [plan, run] = [['--dry-run'], ['--discard']].map((how) => {
      const { stdout } = get([...args, ...how], input);
      const document = JSON.parse(String(stdout));
      expectValid(document);
      return document;
    });
    expect(plan).toMatchObject({ bytes: run.bytes, reads: run.reads, bytesRead: run.bytesRead, failed: 1 });
    const [first, second] = plan.costs;
    expect(first).toMatchObject({ place: 's3://buc-1/', requests: 1, bytes: 39 * 1700 + 100, asked: 1 });
    expect(second).toMatchObject({ place: 's3://buc-2/', requests: 2, bytes: 19, asked: 2 });
    const text = String(get(['-r', 's3://buc-1/', '--dry-run', ...s3()]).stdout);
    expect(text).toMatch(/s3:\/\/buc-1\/: 5 requests for 68.\d KiB, about 0.\d s/);
    expect(text).toContain('this plan sent 0 requests to learn sizes');
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
