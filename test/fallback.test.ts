import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { blockSyscallsLauncher, IO_URING_SYSCALLS } from './helpers/block-syscalls.js';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio, startLsio, statusOf } from './helpers/run-lsio.js';

const launcher = blockSyscallsLauncher();
const { setup, enter } = IO_URING_SYSCALLS;

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'lsio-fallback-'));
  writeFileSync(path.join(cwd, 'a'), 'aaa');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** How io_uring is taken away, and what is said of it. */
const CAUSES = [
  {
    cause: 'liburing is missing',
    options: { env: { LSIO_LIBURING: 'liburing.so.9' } },
    reason: /^liburing\.so\.9 can't be loaded: /,
    remedy: 'apt-get install liburing2 (or set LSIO_LIBURING to the path of liburing.so.2)',
    skip: process.platform === 'linux' ? undefined : 'Linux only',
  },
  ...[setup, enter].map((number) => ({
    cause: `system call ${number} is blocked`,
    options: { under: [launcher.path ?? '', 'EPERM', String(number), '--'] },
    reason: /\(EPERM\)/,
    remedy: number === setup ? 'docker run --security-opt seccomp=unconfined' : '--engine node',
    // With all of it blocked already, the first call fails instead.
    skip: launcher.skip ?? (number === setup ? undefined : noUring),
  })),
];

describe.each(CAUSES)('when $cause', ({ options, reason, remedy, skip }) => {
  const testCause = test.skipIf(skip !== undefined);

  testCause(named('lsio get takes the portable engine, and says so in one line', skip), () => {
    const { status, stdout, stderr } = runLsio(['get', 'a'], { cwd, ...options });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: 'aaa' });
    const [note = '', summary, ...more] = stderr.split(/(?<=\n)/);
    const [, said = '', mended] = /^lsio: engine node, not io_uring: (.*); fix: (.*)\n$/.exec(note) ?? [];
    expect(said).toMatch(reason);
    expect(mended).toContain(remedy);
    expect(summary).toMatch(/^1 item, 3 B in .*, engine node\n$/);
    expect(more).toEqual([]);
  });

  testCause(named('lsio get -q says nothing of it, and the JSON all', skip), () => {
    const result = runLsio(['get', '-q', '--discard', '--json', 'a'], { cwd, ...options });
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' });
    expect(documentOf(result)).toMatchObject({ engine: 'node', engineReason: expect.stringMatching(reason) });
  });

  testCause(named('lsio get --engine uring exits with 3', skip), () => {
    const { status, stdout, stderr } = runLsio(['get', '--engine', 'uring', 'a'], { cwd, ...options });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 3, stdout: '' });
    const [said = '', mended = ''] = stderr.split('\n');
    expect(said.slice('lsio: '.length)).toMatch(reason);
    expect(mended).toContain(`  → ${remedy}`);
    const json = runLsio(['get', '--engine', 'uring', '--discard', '--json', 'a'], { cwd, ...options });
    expect(documentOf(json)).toMatchObject({ error: { kind: 'unavailable' }, exitCode: 3 });
  });

  testCause(named('lsio doctor names the cause and the remedy', skip), () => {
    const result = runLsio(['doctor', '--json'], { cwd, ...options });
    expect(result.status).toBe(0);
    const { engine, problems } = documentOf(result);
    expect(engine).toBe('node');
    expect(problems).toContainEqual({
      problem: expect.stringMatching(reason),
      remedy: expect.stringContaining(remedy),
    });
    const text = runLsio(['doctor'], { cwd, ...options }).stdout.toString();
    expect(text).toMatch(/^engine {5}node: /);
    expect(text).toContain(`    → ${remedy}`);
  });
});

describe('lsio doctor', () => {
  test.skipIf(noUring !== undefined)(named('tells what it found', noUring), () => {
    const result = runLsio(['doctor', '--json', cwd, '/proc'], { cwd });
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' });
    expect(documentOf(result)).toMatchObject({
      engine: 'uring',
      engineReason: 'io_uring works here',
      queueDepth: 256,
      node: process.versions.node,
      liburing: { path: 'liburing.so.2', functions: {} },
      directories: [{ path: cwd }, { path: '/proc', fileSystem: 'proc', direct: null }],
    });
  });

  test.skipIf(noUring !== undefined)(named('prints it as lines for people', noUring), () => {
    const { stdout } = runLsio(['doctor', '/proc', 'nosuch'], { cwd });
    const lines = stdout.toString().split('\n');
    expect(lines.map((line) => line.slice(0, 10).trim()).slice(0, 12)).toEqual([
      'engine',
      'kernel',
      'liburing',
      'ring',
      'flags',
      'limits',
      'huge pages',
      'kernels',
      'codecs',
      'node',
      'koffi',
      'fio',
    ]);
    expect(lines).toContain('/proc      proc, no O_DIRECT');
    expect(lines.slice(lines.indexOf('Problems:'))).toEqual(
      expect.arrayContaining(['  nosuch is not a directory', '    → mkdir -p nosuch']),
    );
  });

  test('says what to install where fio is missing', () => {
    const env = { LSIO_FIO: '/nonexistent/fio' };
    const result = runLsio(['doctor', '--json'], { cwd, env });
    expect(result.status).toBe(0);
    const { fio, problems } = documentOf(result);
    expect(fio).toBe(null);
    expect(problems).toContainEqual({ problem: expect.stringContaining('fio'), remedy: 'apt-get install fio' });
  });

  test('exits with 3 when nothing works', () => {
    const under = ['bash', '-c', 'ulimit -n 64; exec "$@"', '--'];
    const result = runLsio(['doctor', '--json'], { cwd, under });
    expect(result.status).toBe(3);
    expect(documentOf(result)).toMatchObject({ engine: null, queueDepth: null, limits: { openFiles: 64 } });
    expect(runLsio(['doctor'], { cwd, under }).stdout.toString()).toMatch(/^engine {5}none works\n/);
  });
});

describe('--log-level', () => {
  test('debug logs the engine and the batches, as JSON lines on stderr', () => {
    const { stderr } = runLsio(['get', '-q', '--discard', '--engine', 'node', '--log-level', 'debug', 'a'], { cwd });
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', msg: 'engine', engine: 'node', reason: 'asked for', queueDepth: 256 },
      { level: 'info', msg: 'direct', asked: 'auto', direct: 0, buffered: 1 },
      { level: 'debug', msg: 'read', reads: 1, bytes: 3, batches: 1 },
    ]);
  });

  test('debug shows the stack of an unexpected error, other levels do not', () => {
    const broken = path.join(cwd, 'broken.mjs');
    writeFileSync(
      broken,
      "import fs from 'node:fs'; fs.lstatSync = () => { throw new TypeError('by the test') }; import('node:module').then((m) => m.syncBuiltinESMExports());",
    );
    const options = { cwd, env: { NODE_OPTIONS: `--import ${broken}` } };
    const quiet = runLsio(['get', '-q', '-o', 'out', 'a'], options);
    expect(quiet.status).toBe(70);
    expect(quiet.stderr).toMatch(/^lsio: unexpected error: TypeError: by the test\n {2}→ this is a bug in lsio: .*\n$/);
    const loud = runLsio(['get', '-q', '-o', 'out', '--log-level', 'debug', 'a'], options);
    expect(loud.stderr).toMatch(/TypeError: by the test\n {4}at .*broken\.mjs/);
  });

  test.each(['throw error', 'Promise.reject(error)'])(
    'an error that nobody awaits ends the program with 70: %s',
    (how) => {
      const broken = path.join(cwd, 'late.mjs');
      // It reads its list: the command is under way.
      const waiting = "process.getActiveResourcesInfo().includes('PipeWrap')";
      writeFileSync(
        broken,
        `let times = 0;
         const timer = setInterval(() => {
           times = ${waiting} ? times + 1 : 0;
           if (times < 10) return;
           clearInterval(timer);
           const error = new Error('by the test');
           ${how};
         }, 50).unref();`,
      );
      const options = {
        cwd,
        env: { NODE_OPTIONS: `--import ${broken}` },
        under: ['bash', '-c', '"$@" < <(exec sleep 60 2>/dev/null)', '--'],
      };
      const result = runLsio(['get', '-q', '--discard', '--json', '--files-from', '-'], options);
      expect(result.status).toBe(70);
      expect(result.stderr).toMatch(/^lsio: unexpected error: Error: by the test\n {2}→ .*\n$/);
      expect(documentOf(result)).toMatchObject({ items: [], error: { kind: 'internal' }, exitCode: 70 });
    },
  );

  test('-v logs the engine, and how the bytes came; without it nothing is logged, and pino is not loaded', () => {
    const lines = runLsio(['get', '-q', '-v', '--discard', 'a'], { cwd }).stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'engine' }, { msg: 'direct' }]);
    const env = { NODE_DEBUG: 'module' };
    expect(runLsio(['get', '-q', '--discard', 'a'], { cwd, env }).stderr).not.toMatch(/pino/);
  });
});

describe('--progress', () => {
  /** What it says of a list that has a second path once `shown` was said, and `waitMs` later. */
  async function saidBy(args: readonly string[], shown: RegExp, waitMs = 0): Promise<string> {
    const child = startLsio(['get', '--discard', '--files-from', '-', ...args], { cwd });
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    try {
      child.stdin?.write('a\n');
      await vi.waitFor(() => expect(stderr).toMatch(shown), { timeout: 100_000, interval: 20 });
      await sleep(waitMs);
      child.stdin?.end('a\n');
      expect(await statusOf(child)).toBe(0);
      return stderr;
    } finally {
      child.kill('SIGKILL');
    }
  }

  test('always shows how far it is after a second, also where stderr is no terminal', async () => {
    const said = await saidBy(['--progress', 'always'], /^1 items {2}3 B {2}0\.0 MiB\/s\n/m);
    expect(said).toMatch(/^2 items, 6 B in .*\n$/m);
  });

  test.each([
    { args: [], rest: /^(lsio: .*\n)?2 items, 6 B in .*\n$/ },
    { args: ['-q', '--progress', 'always'], rest: /^$/ },
  ])('$args: none is shown', async ({ args, rest }) => {
    // It is logged right before a bar would begin to wait for its second.
    const said = await saidBy(['-v', ...args], /"msg":"engine"/, 1300);
    expect(said.replace(/^\{.*\n/gm, '')).toMatch(rest);
  });
});
