import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { publicProgram } from './helpers/nobody.js';
import { documentOf, runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const ENGINES = ['auto', 'node'];
const SPARSE_BYTES = 3 * 1024 ** 3;
/** More than can be read before a test ends. */
const ENDLESS_BYTES = 2 ** 42;

let directory = '';
let cwd = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-output-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
  writeFileSync(path.join(cwd, 'a'), 'aaa');
  mkdirSync(path.join(cwd, 'd'));
  writeFileSync(path.join(cwd, 'd/b'), 'bbb');
});

function get(args: readonly string[]) {
  const { status, stdout, stderr } = runLsio(['get', '-q', ...args], { cwd });
  return { status, stdout: stdout.toString(), stderr };
}

/** The files below a directory, with what is in them. */
function contents(below: string): Record<string, string> {
  const names = readdirSync(path.join(cwd, below), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return Object.fromEntries(
    files.sort().map((file) => [path.relative(path.join(cwd, below), file), readFileSync(file, 'utf8')]),
  );
}

function makeSparse(bytes = SPARSE_BYTES): void {
  writeFileSync(path.join(cwd, 'sparse'), '');
  truncateSync(path.join(cwd, 'sparse'), bytes);
}

/** Waits until it has said so on stderr. */
async function untilSaid(child: ReturnType<typeof startLsio>, what: RegExp): Promise<void> {
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  await vi.waitFor(() => expect(stderr).toMatch(what), { timeout: 100_000, interval: 5 });
}

const OK = { status: 0, stdout: '', stderr: '' };

describe('lsio get -o', () => {
  test('writes each file below the directory by its path, as tar does', () => {
    const absolute = path.join(cwd, 'a');
    expect(get(['-r', '-o', 'out/deep/', './a', 'd', absolute])).toEqual(OK);
    expect(contents('out/deep')).toEqual({ a: 'aaa', 'd/b': 'bbb', [absolute.slice(1)]: 'aaa' });
  });

  test('writes one range of a file, and files longer than a piece', () => {
    const big = Buffer.alloc(
      10_000_000,
      Uint8Array.from({ length: 251 }, (_, at) => at),
    );
    writeFileSync(path.join(cwd, 'big'), big);
    expect(get(['-o', 'out', 'a#bytes=1-', 'big'])).toEqual(OK);
    expect(contents('out').a).toBe('aa');
    expect(readFileSync(path.join(cwd, 'out/big')).equals(big)).toBe(true);
  });

  test('leaves out what fails, and delivers the rest', () => {
    const stderr = 'lsio: nosuch: no such file or directory (ENOENT)\nlsio: d: is a directory (-r: what is below it)\n';
    expect(get(['-o', 'out', 'nosuch', 'd', 'a'])).toMatchObject({ status: 1, stdout: '' });
    expect(get(['-o', 'out2', 'nosuch', 'd', 'a']).stderr.split('\n').sort()).toEqual(stderr.split('\n').sort());
    expect(contents('out')).toEqual({ a: 'aaa' });
  });

  test('refuses to replace files, unless told to', () => {
    mkdirSync(path.join(cwd, 'out'));
    writeFileSync(path.join(cwd, 'out/a'), 'old');
    const stderr = 'lsio: out/a: exists\n  → --overwrite replaces it\n';
    expect(get(['-o', 'out', 'd/b', 'a'])).toEqual({ status: 4, stdout: '', stderr });
    expect(contents('out')).toEqual({ a: 'old' });
    expect(get(['-o', 'out', '--overwrite', 'd/b', 'a'])).toEqual(OK);
    expect(contents('out')).toEqual({ a: 'aaa', 'd/b': 'bbb' });
  });

  test.each([
    { args: ['d/../a'], line: 'd/../a: .. in a name could lead out of the output directory' },
    {
      args: ['a', './/a'],
      line: 'two inputs for out/a\n  → give each path, and each range of it, only once; or --output-name',
    },
    {
      args: ['-R', '0-0', '-R', '0-0', 'a'],
      line: 'two inputs for out/a#bytes=0-0\n  → give each path, and each range of it, only once; or --output-name',
    },
  ])('refuses $args before anything is read', ({ args, line }) => {
    expect(get(['-o', 'out', ...args])).toEqual({ status: 2, stdout: '', stderr: `lsio: ${line}\n` });
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  });

  test('refuses an input that is its own output, also by another name', () => {
    const stderr = 'lsio: ./a: input and output are the same file\n';
    expect(get(['-o', '.', '--overwrite', 'a'])).toEqual({ status: 2, stdout: '', stderr });
    mkdirSync(path.join(cwd, 'out'));
    linkSync(path.join(cwd, 'a'), path.join(cwd, 'out/a'));
    expect(get(['-o', 'out', '--overwrite', 'a'])).toMatchObject({ status: 2 });
  });

  test('follows no link below the directory', () => {
    mkdirSync(path.join(cwd, 'out'));
    mkdirSync(path.join(cwd, 'outside'));
    writeFileSync(path.join(cwd, 'outside/file'), 'untouched');
    symlinkSync('../outside', path.join(cwd, 'out/d'));
    symlinkSync('../outside/file', path.join(cwd, 'out/a'));
    const stderr = 'lsio: out/d: is a link, and links are not followed\n';
    expect(get(['-o', 'out', '--overwrite', 'a', 'd/b'])).toEqual({ status: 4, stdout: '', stderr });
    expect(get(['-o', 'out', '--overwrite', 'a'])).toEqual(OK);
    expect(contents('outside')).toEqual({ file: 'untouched' });
    expect(contents('out').a).toBe('aaa');
  });

  test.each(['/proc/nowhere', '/dev/null/x', 'a/x'])('says when %s can not be made', (out) => {
    expect(get(['-o', out, 'a'])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^lsio: .*\((ENOENT|ENOTDIR)\)\n$/),
    });
  });

  test('leaves nothing of a file that the disk has no room for', () => {
    writeFileSync(path.join(cwd, 'big'), Buffer.alloc(1_000_000));
    const { status, stderr } = runScript('ulimit -f 64; lsio get -q -o out a big', { cwd });
    expect({ status, stderr }).toEqual({ status: 4, stderr: 'lsio: out/big: file too large (EFBIG)\n' });
    expect(Object.keys(contents('out')).filter((name) => name !== 'a')).toEqual([]);
  });
});

describe('lsio get -o of thousands of files', () => {
  // A second thread writes from a thousand on.
  const FILES = 1200;

  function makeMany(): void {
    for (let file = 0; file < FILES; file++) {
      if (file % 100 === 0) mkdirSync(path.join(cwd, `many/${file / 100}`), { recursive: true });
      writeFileSync(path.join(cwd, `many/${Math.floor(file / 100)}/${file}`), `${file}`.repeat(file % 300));
    }
  }

  test.each([[[]], [['--overwrite']]])('writes each as it is: %j', (args) => {
    makeMany();
    expect(get(['-r', '-o', 'out', 'many', ...args])).toEqual(OK);
    const diff = runScript('diff -r many out/many && find out -type f | wc -l', { cwd });
    expect(diff.stdout.toString()).toBe(`${FILES}\n`);
  });

  test('fails as a whole when one can not be written, and leaves nothing of it', () => {
    makeMany();
    for (let file = 800; file < FILES; file++)
      truncateSync(path.join(cwd, `many/${Math.floor(file / 100)}/${file}`), 70_000);
    const { status, stderr } = runScript('ulimit -f 64; lsio get -q -r -o out many', { cwd });
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: expect.stringMatching(/^lsio: out\/many\/\d+\/\d+: file too large \(EFBIG\)\n$/),
    });
    expect(runScript('find out -name ".lsio*" -o -size +64k', { cwd }).stdout.toString()).toBe('');
  });

  test.each([[[]], [['--overwrite']]])('leaves whole files only when it is stopped: %j', async (args) => {
    makeMany();
    const child = startLsio(['get', '-q', '-r', '-o', 'out', 'many', ...args], { cwd });
    while (!existsSync(path.join(cwd, 'out/many/5'))) await sleep(1);
    child.kill('SIGINT');
    expect([0, 130]).toContain(await statusOf(child));
    const diff = runScript('diff -r many out/many | grep -v "^Only in many"; find out -name ".lsio*"', { cwd });
    expect(diff.stdout.toString()).toBe('');
  });
});

describe('lsio get to stdout', () => {
  test('ends with 141, without a word, when nobody reads on', () => {
    makeSparse();
    const script = 'lsio get -q sparse | head -c1 | wc -c; echo $' + '{PIPESTATUS[0]}';
    const { stdout, stderr } = runScript(script, { cwd });
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '1\n141\n', stderr: '' });
  });

  test('waits for a slow reader', () => {
    writeFileSync(path.join(cwd, 'big'), Buffer.alloc(5_000_000, 'lsio'));
    const { stdout } = runScript('lsio get -q big | (sleep 0.5; cmp - big && echo same)', { cwd });
    expect(stdout.toString()).toBe('same\n');
  });

  test('does not read the file that it writes', () => {
    const { status, stderr } = runScript('lsio get -q -r . > out; cat out', { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'lsio: ./out: input and output are the same file\n' });
    expect(readFileSync(path.join(cwd, 'out'), 'utf8')).toBe('aaabbb');
  });

  test.each([
    { args: ['-o', 'x', '--discard', 'a'], line: '-o and --discard contradict each other' },
    { args: ['--overwrite', 'a'], line: '--overwrite goes with -o' },
    { args: [], line: 'nothing to get: name files, or --files-from\n  → lsio get --help' },
    { args: ['-', '--files-from', '-'], line: 'stdin can hold only one list' },
    { args: ['--files-from', 'nosuch'], line: "the list nosuch can't be read: no such file or directory (ENOENT)" },
    {
      args: ['-R', '5-2', 'a'],
      line: '--range: "5-2" ends before it begins: write 0-99 (the first 100 bytes), 100- (from byte 100 on) or -8 (the last 8)',
    },
    {
      args: ['a#bytes=x'],
      line: 'a#bytes=x: "x" is not a byte range: write 0-99 (the first 100 bytes), 100- (from byte 100 on) or -8 (the last 8)',
    },
    { args: ['--queue-depth', '0', 'a'], line: '--queue-depth: "0" is not a whole number from 1 to 16384' },
    {
      args: ['--queue-depth', '1000000000', 'a'],
      line: '--queue-depth: "1000000000" is not a whole number from 1 to 16384',
    },
    { args: ['--timeout', '0', 'a'], line: '--timeout: "0" is not between 0 and 24 days' },
    {
      args: ['--timeout', 'soon', 'a'],
      line: '--timeout: "soon" is not a duration: write 10, 1.5 or 10s (seconds), 200us, 500ms or 2m (minutes)',
    },
  ])('refuses $args', ({ args, line }) => {
    expect(get(args)).toEqual({ status: 2, stdout: '', stderr: `lsio: ${line}\n` });
  });

  test('refuses a terminal, unless told to write to it', () => {
    const { stdout } = runScript(`script -qec '"$NODE" "$LSIO" get -q a' /dev/null < /dev/null`, {
      cwd,
      env: { NODE: process.execPath, LSIO: path.resolve(import.meta.dirname, '../bin/lsio.js') },
    });
    expect(stdout.toString()).toBe('lsio: stdout is a terminal\r\n  → > FILE, -o DIR, or --force\r\n');
  });

  test.each([
    { input: 'd', line: 'd: is a directory (-r: what is below it)' },
    { input: 'fifo', line: 'fifo: not a regular file' },
    { input: '/dev/zero', line: '/dev/zero: not a regular file' },
    { input: 'a/x', line: 'a/x: not a directory (ENOTDIR)' },
    { input: 'loop', line: 'loop: too many symbolic links encountered (ELOOP)' },
    { input: 'x'.repeat(300), line: `${'x'.repeat(300)}: name too long (ENAMETOOLONG)` },
    { input: 'y'.repeat(30_000), line: `${'y'.repeat(60)}…: name too long (ENAMETOOLONG)` },
    { input: 'a#bytes=9-', line: 'a: range begins at byte 9, at or past the end (3 bytes)' },
    { input: 'no\u001b[31m\nsuch', line: 'no\\x1b[31m\\x0asuch: no such file or directory (ENOENT)' },
  ])('delivers the rest when $input fails', ({ input, line }) => {
    runScript('mkfifo fifo; ln -s loop loop', { cwd });
    expect(get(['a', input, 'd/b'])).toEqual({ status: 1, stdout: 'aaabbb', stderr: `lsio: ${line}\n` });
  });

  test.skipIf(process.getuid?.() !== 0)('delivers the rest when files and directories may not be read', () => {
    const script = `
      chmod 755 . && chmod 0 d && echo x > secret && chmod 0 secret
      setpriv --reuid 65534 --regid 65534 --clear-groups "$NODE" "$LSIO" get -q -r a secret . 2>&1`;
    const { node, lsio } = publicProgram();
    const env = { NODE: node, LSIO: lsio };
    const { status, stdout } = runScript(`chmod 755 ..;${script}`, { cwd, env });
    expect(status).toBe(1);
    expect(
      stdout
        .toString()
        .match(/lsio: .*\n|aaa/g)
        ?.sort(),
    ).toEqual([
      'aaa',
      'aaa',
      'lsio: ./d: permission denied (EACCES)\n',
      'lsio: ./secret: permission denied (EACCES)\n',
      'lsio: secret: permission denied (EACCES)\n',
    ]);
  });
});

describe.each(ENGINES)('lsio get --engine %s, stopped', (engine) => {
  test.each([
    { signal: 'SIGINT' as const, status: 130, args: [] },
    { signal: 'SIGINT' as const, status: 130, args: ['--overwrite'] },
    { signal: 'SIGTERM' as const, status: 143, args: ['--overwrite'] },
  ])('by $signal leaves no temporary file, and says nothing: $args', async ({ signal, status, args }) => {
    makeSparse();
    const child = startLsio(['get', '-q', '--engine', engine, '-o', 'out', 'sparse', ...args], { cwd });
    const stderr: Buffer[] = [];
    child.stderr?.on('data', (chunk) => stderr.push(chunk));
    const out = path.join(cwd, 'out');
    while (!isWriting(child, out)) await sleep(5);
    child.kill(signal);
    expect(await statusOf(child)).toBe(status);
    expect(readdirSync(out)).toEqual([]);
    expect(Buffer.concat(stderr).toString()).toBe('');
  });

  test('while nobody reads its output', async () => {
    makeSparse();
    const child = startLsio(['get', '-q', '--engine', engine, 'sparse'], { cwd });
    await once(child.stdout!, 'readable');
    await sleep(300);
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(130);
  });

  test('while it waits for a list', async () => {
    const child = startLsio(['get', '-q', '-v', '--engine', engine, '--discard', '-'], { cwd });
    child.stdin?.write('a\n');
    await untilSaid(child, /"msg":"engine"/);
    child.kill('SIGINT');
    expect(await statusOf(child)).toBe(130);
  });

  test('completes its JSON document', async () => {
    makeSparse(ENDLESS_BYTES);
    const args = ['get', '--engine', engine, '--discard', '--json', '--progress', 'always', 'sparse'];
    const child = startLsio(args, { cwd });
    const stdout: Buffer[] = [];
    child.stdout?.on('data', (chunk) => stdout.push(chunk));
    await untilSaid(child, /^0 items {2}[1-9]/m);
    child.kill('SIGTERM');
    expect(await statusOf(child)).toBe(143);
    expect(documentOf({ stdout: Buffer.concat(stdout) })).toMatchObject({
      error: { kind: 'interrupted', code: 'SIGTERM', message: 'ended by SIGTERM' },
      exitCode: 143,
    });
  });

  test('by --timeout', () => {
    makeSparse();
    const result = runLsio(['get', '-q', '--engine', engine, '--discard', '--timeout', '50ms', 'sparse'], { cwd });
    expect(result).toEqual({
      status: 1,
      stdout: Buffer.alloc(0),
      stderr: 'lsio: not done after 0.05 s\n  → a longer --timeout\n',
    });
  });
});

describe('lsio get of a file that changes while it is read', () => {
  const BIG_BYTES = 100_000_000;
  const asked = 90_000_000;

  test('ends the output where it is, and says where', async () => {
    const content = Buffer.alloc(
      BIG_BYTES,
      Uint8Array.from({ length: 251 }, (_, at) => at),
    );
    writeFileSync(path.join(cwd, 'big'), content);
    const child = startLsio(['get', '-q', `big#bytes=-${asked}`, 'a'], { cwd });
    const stderr: Buffer[] = [];
    child.stderr?.on('data', (chunk) => stderr.push(chunk));
    // Nobody reads: it can't be far when the file gets shorter.
    await once(child.stdout!, 'readable');
    truncateSync(path.join(cwd, 'big'), 1_000_000);
    const stdout: Buffer[] = [];
    child.stdout?.on('data', (chunk) => stdout.push(chunk));
    expect(await statusOf(child)).toBe(1);
    const got = Buffer.concat(stdout);
    expect(got.length).toBeLessThan(asked);
    expect(got.equals(content.subarray(BIG_BYTES - asked, BIG_BYTES - asked + got.length))).toBe(true);
    expect(Buffer.concat(stderr).toString()).toBe(
      `lsio: big: changed while it was read (at byte ${BIG_BYTES - asked + got.length})\n` +
        `lsio: the output ends after ${got.length} bytes of big\n`,
    );
  });

  test('leaves no file of it, and delivers the others', async () => {
    makeSparse();
    const child = startLsio(['get', '-q', '-o', 'out', `sparse#bytes=-${SPARSE_BYTES - 1}`, 'a'], { cwd });
    const stderr: Buffer[] = [];
    child.stderr?.on('data', (chunk) => stderr.push(chunk));
    const out = path.join(cwd, 'out');
    while (!isWriting(child, out)) await sleep(5);
    truncateSync(path.join(cwd, 'sparse'), 1000);
    expect(await statusOf(child)).toBe(1);
    expect(Buffer.concat(stderr).toString()).toMatch(/^lsio: sparse: changed while it was read \(at byte \d+\)\n$/);
    expect(contents('out')).toEqual({ a: 'aaa' });
  });
});

/** Whether it has a file below this directory open, be it one that has no name yet. */
function isWriting({ pid }: ReturnType<typeof startLsio>, out: string): boolean {
  const descriptors = `/proc/${pid}/fd`;
  return readdirSync(descriptors).some((fd) => {
    try {
      return readlinkSync(path.join(descriptors, fd)).startsWith(`${out}/`);
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** Unlike `statusOf` it doesn't wait for the output to be read. */
function exitOf(child: ReturnType<typeof startLsio>): Promise<number> {
  return new Promise((fulfil) => {
    child.once('exit', (status, signal) => fulfil(status ?? (signal === 'SIGINT' ? 130 : -1)));
  });
}
