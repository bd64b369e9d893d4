import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockSyscallsLauncher } from './helpers/block-syscalls.js';
import { named } from './helpers/engine-child.js';
import { notNobody, publicFile } from './helpers/nobody.js';
import { documentOf, runLsio, runScript } from './helpers/run-lsio.js';

const TMPFS = 0x01021994;
const CACHESTAT = '451';
const BYTES = 1024 * 1024;

const launcher = blockSyscallsLauncher();
const notRoot = process.getuid?.() === 0 ? undefined : 'only root may mount';
const inMemory = statfsSync(tmpdir()).type === TMPFS ? `${tmpdir()} is a tmpfs: nothing is evicted from it` : undefined;

/** The page cache belongs to everybody: another program may drop a page between two steps. */
const UNDISTURBED = { retry: 10 };

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-cache-cli-'));
  chmodSync(directory, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A fresh directory with these files; what was just written is in the page cache. */
function tree(files: Readonly<Record<string, number>>): string {
  const root = mkdtempSync(path.join(directory, 'tree-'));
  chmodSync(root, 0o755);
  for (const [name, length] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(
      path.join(root, name),
      Buffer.alloc(
        length,
        Uint8Array.from({ length: 251 }, (_, at) => at),
      ),
    );
  }
  return root;
}

function run(args: readonly string[], cwd: string, under: readonly string[] = []) {
  const { status, stdout, stderr } = runLsio(['cache', ...args], { cwd, under });
  return { status, stdout: stdout.toString(), stderr };
}

describe('lsio cache', UNDISTURBED, () => {
  test.skipIf(inMemory)(named('tells what is there, evicts it, and tells what is left', inMemory), () => {
    const cwd = tree({ a: BYTES, 'd/b': 10, 'd/c/e': 3 * 4096, 'd/empty': 0 });
    expect(run(['status', 'a', 'd'], cwd)).toEqual({
      status: 0,
      stdout: [
        'path                size  resident   share',
        'a               1.00 MiB  1.00 MiB  100.0%',
        'd/b                 10 B      10 B  100.0%',
        'd/c/e           12.0 KiB  12.0 KiB  100.0%',
        'd/empty              0 B       0 B       -',
        'total, 4 files  1.01 MiB  1.01 MiB  100.0%',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(run(['evict', 'd'], cwd)).toEqual({
      status: 0,
      stdout: [
        'path                size   evicted  resident  share',
        'd/b                 10 B      10 B       0 B   0.0%',
        'd/c/e           12.0 KiB  12.0 KiB       0 B   0.0%',
        'd/empty              0 B       0 B       0 B      -',
        'total, 3 files  12.0 KiB  12.0 KiB       0 B   0.0%',
        '',
      ].join('\n'),
      stderr: '',
    });
    const before = documentOf(runLsio(['cache', 'status', '--json', '.'], { cwd }));
    expect(before).toMatchObject({ files: 4, failed: 0, sizeBytes: BYTES + 12_298, residentBytes: BYTES });
    readFileSync(path.join(cwd, 'd/c/e'));
    expect(documentOf(runLsio(['cache', 'status', '--json', 'd', 'a'], { cwd }))).toEqual({
      schema: 'lsio.cache/1',
      action: 'status',
      items: [
        { path: 'd/b', sizeBytes: 10, residentBytes: 0 },
        { path: 'd/c/e', sizeBytes: 12_288, residentBytes: 12_288 },
        { path: 'd/empty', sizeBytes: 0, residentBytes: 0 },
        { path: 'a', sizeBytes: BYTES, residentBytes: BYTES },
      ],
      paths: [
        { path: 'd', files: 3, failed: 0, sizeBytes: 12_298, residentBytes: 12_288 },
        { path: 'a', files: 1, failed: 0, sizeBytes: BYTES, residentBytes: BYTES },
      ],
      files: 4,
      failed: 0,
      sizeBytes: BYTES + 12_298,
      residentBytes: BYTES + 12_288,
    });
  });

  test.skipIf(inMemory)(named('--json tells what was evicted', inMemory), () => {
    const figures = { sizeBytes: BYTES, residentBytes: 0, residentBytesBefore: BYTES };
    expect(documentOf(runLsio(['cache', 'evict', '--json', 'a'], { cwd: tree({ a: BYTES }) }))).toEqual({
      schema: 'lsio.cache/1',
      action: 'evict',
      items: [{ path: 'a', ...figures }],
      paths: [{ path: 'a', files: 1, failed: 0, ...figures }],
      files: 1,
      failed: 0,
      ...figures,
    });
  });

  test('what cannot be looked at is one line each, and the others are done', () => {
    const cwd = tree({ a: 10, 'd/b': 20 });
    symlinkSync('nowhere', path.join(cwd, 'd/dangling'));
    runScript('mkfifo d/fifo', { cwd });
    const { status, stdout, stderr } = run(['status', 'nosuch', 'a', 'd', '/dev/zero'], cwd);
    expect({ status, stderr: stderr.split('\n') }).toEqual({
      status: 1,
      stderr: [
        'lsio: nosuch: no such file or directory (ENOENT)',
        'lsio: d/dangling: no such file or directory (ENOENT)',
        'lsio: d/fifo: not a regular file',
        'lsio: /dev/zero: not a regular file',
        '',
      ],
    });
    expect(stdout).toMatch(/\nd\/b +20 B +20 B +100\.0%\ntotal, 2 files +30 B +30 B +100\.0%\n$/);
    const result = runLsio(['cache', 'status', '--json', 'nosuch', 'a'], { cwd });
    expect(result.status).toBe(1);
    expect(documentOf(result)).toMatchObject({
      items: [
        { path: 'nosuch', error: { kind: 'read', code: 'ENOENT' } },
        { path: 'a', residentBytes: 10 },
      ],
      paths: [
        { path: 'nosuch', files: 0, failed: 1 },
        { path: 'a', files: 1, failed: 0 },
      ],
      failed: 1,
    });
  });

  test('shows the sums and the 10 largest of over 40 files, with --all each of them', () => {
    const sizes = Array.from({ length: 60 }, (_, index) => [`d/f${index + 10}`, (index + 1) * 10]);
    const cwd = tree({ ...Object.fromEntries(sizes), a: 7 });
    const { stdout } = run(['status', 'd', 'a'], cwd);
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines.slice(0, 7)).toEqual([
      ['path', 'size', 'resident', 'share'],
      ['d', '17.9 KiB', '17.9 KiB', '100.0%'],
      ['a', '7 B', '7 B', '100.0%'],
      ['total, 61 files', '17.9 KiB', '17.9 KiB', '100.0%'],
      [''],
      ['most resident', 'size', 'resident', 'share'],
      ['d/f69', '600 B', '600 B', '100.0%'],
    ]);
    expect(lines.slice(7).map(([name]) => name)).toEqual([
      ...Array.from({ length: 9 }, (_, at) => `d/f${68 - at}`),
      '',
    ]);
    const each = sizes.map(([name]) => String(name));
    const sums = run(['status', ...each], cwd).stdout.split('\n');
    expect(sums).toHaveLength(2 + 1 + 11 + 1);
    expect(sums[1]).toMatch(/^total, 60 files /);
    const all = run(['status', '--all', 'd', 'a'], cwd).stdout.split('\n');
    expect(all).toHaveLength(64);
    expect(all[1]).toBe('d/f10                10 B      10 B  100.0%');
    expect(all[61]).toBe('a                     7 B       7 B  100.0%');
    expect(all[62]).toBe('total, 61 files  17.9 KiB  17.9 KiB  100.0%');
  });

  test('takes names of any bytes, and lets none forge a line', () => {
    const script = `
      printf 123 > "$(printf 'a\\xff')"; printf 12345 > $'new\\nline'; printf 1 > -dash
      lsio cache status -- "$(printf 'a\\xff')" $'new\\nline' $'no\\nsuch' -dash | tr -s ' '`;
    const { stdout, stderr } = runScript(script, { cwd: tree({}) });
    expect(stderr).toBe('lsio: no\\x0asuch: no such file or directory (ENOENT)\n');
    expect(stdout.toString().split('\n').slice(1)).toEqual([
      'a\ufffd 3 B 3 B 100.0%',
      'new\\x0aline 5 B 5 B 100.0%',
      '-dash 1 B 1 B 100.0%',
      'total, 3 files 9 B 9 B 100.0%',
      '',
    ]);
  });

  test.each([
    { args: [], message: "missing required argument 'action'" },
    { args: ['status'], message: "missing required argument 'paths'" },
    {
      args: ['stat', 'a'],
      message: "command-argument value 'stat' is invalid for argument 'action'. Allowed choices are status, evict.",
    },
    { args: ['status', '--drop-caches', 'a'], message: '--drop-caches goes with evict only' },
  ])('$args is refused', ({ args, message }) => {
    const result = runLsio(['cache', '--json', ...args], { cwd: directory });
    expect(result.status).toBe(2);
    expect(documentOf(result)).toMatchObject({ error: { kind: 'usage', message }, exitCode: 2 });
  });

  test('--help gives examples', () => {
    expect(run(['--help'], directory).stdout).toMatch(/^Usage: lsio cache [\s\S]*\nExamples:\n {2}lsio cache status /);
  });
});

describe('lsio cache without rights', UNDISTURBED, () => {
  test.skipIf(notNobody)(named('--drop-caches is for root, and what else there is gets named', notNobody), () => {
    const { status, stdout, stderr } = runLsio(['cache', 'evict', '--drop-caches', '.'], {
      cwd: tree({ a: 1 }),
      asNobody: true,
    });
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'lsio: --drop-caches: only root may drop the caches of the whole machine\n' +
        '  → sudo; or leave it out: each file is then evicted by itself, which needs no rights\n',
    });
  });

  const skip = notNobody ?? launcher.skip;
  test.skipIf(skip)(named('mincore is not believed about the files of others', skip), () => {
    const cwd = tree({ a: BYTES });
    const under = [publicFile(launcher.path ?? ''), 'ENOSYS', CACHESTAT, '--'];
    const status = () => runLsio(['cache', 'status', 'a'], { cwd, under, asNobody: true });
    expect(status()).toMatchObject({
      status: 1,
      stderr:
        'lsio: a: what is cached of it is not told: recent kernels tell that only of files that you own or may write\n',
    });
    chmodSync(path.join(cwd, 'a'), 0o666);
    expect(status().stdout.toString()).toMatch(/\na +1\.00 MiB +1\.00 MiB +100\.0%\n/);
  });
});

describe('lsio cache on older kernels', UNDISTURBED, () => {
  const skip = launcher.skip ?? inMemory;
  test.skipIf(skip)(named('takes mincore', skip), () => {
    const cwd = tree({ a: BYTES, empty: 0 });
    const under = [launcher.path ?? '', 'ENOSYS', CACHESTAT, '--'];
    const { status, stdout, stderr } = run(['evict', 'a', 'empty'], cwd, under);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/\na +1\.00 MiB +1\.00 MiB +0 B +0\.0%\nempty +0 B +0 B +0 B +-\n/);
  });
});

describe('lsio cache evict --drop-caches', UNDISTURBED, () => {
  // A file in its place shows what is written there: really dropping them would disturb all that runs here.
  const skip = notRoot ?? (runScript('unshare -m true').status === 0 ? undefined : 'unshare -m is refused');
  test.skipIf(skip)(named('tells the kernel to drop everything, and looks again', skip), () => {
    const cwd = tree({ a: BYTES });
    closeSync(openSync(path.join(cwd, 'drop'), 'w'));
    const drop = 'mount --bind drop /proc/sys/vm/drop_caches && exec "$@"';
    const { status, stdout, stderr } = run(['evict', '--drop-caches', 'a'], cwd, [
      'unshare',
      '-m',
      'sh',
      '-c',
      drop,
      'sh',
    ]);
    expect(readFileSync(path.join(cwd, 'drop'), 'utf8')).toBe('3');
    expect(stdout).toMatch(/\na +1\.00 MiB +0 B +1\.00 MiB +100\.0%\n/);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'lsio: 1.00 MiB stay in the page cache: others have these files mapped or are reading them, or they lie in memory (tmpfs)\n',
    });
  });
});

test('lsio cache --json writes its items as it goes: memory does not grow with them', () => {
  const [files, times] = [1000, 150];
  const cwd = mkdtempSync(path.join(tmpdir(), 'lsio-cache-stream-'));
  try {
    mkdirSync(path.join(cwd, 'd'));
    for (let file = 0; file < files; file++) writeFileSync(path.join(cwd, `d/${file}`), 'x');
    const args = ['cache', 'status', '--json', '-q', ...Array.from({ length: times }, () => 'd')];
    const result = runLsio(args, { cwd, env: { NODE_OPTIONS: '--max-old-space-size=48' }, limitMs: 90_000 });
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' });
    const { items, paths, ...sums } = documentOf(result);
    expect(sums).toMatchObject({ action: 'status', files: files * times, sizeBytes: files * times, failed: 0 });
    expect(items).toHaveLength(files * times);
    expect(paths).toHaveLength(times);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}, 120_000);
