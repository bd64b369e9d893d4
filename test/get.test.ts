import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio, runScript } from './helpers/run-lsio.js';

/** `3 items, 12 B in 0.001 s (1.0 MiB/s), engine uring`: what the clock says is left out. */
const SUMMARY = /^(\d+ items?, \S+ \w+) in \d+\.\d+ s \(\d+\.\d MiB\/s\), (engine (?:uring|node))(.*)\n$/;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-get-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bytes that depend on the place and on `seed`, with a prime period, so that no slice can pass for another. */
function bytesOf(length: number, seed = 0): Buffer {
  return Buffer.alloc(
    length,
    Uint8Array.from({ length: 251 }, (_, at) => (at + seed * 7) % 251),
  );
}

/** A fresh directory with these files. */
function tree(files: Readonly<Record<string, Uint8Array | string>>): string {
  const root = mkdtempSync(path.join(directory, 'tree-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

function get(args: readonly string[], cwd: string, input?: string | Uint8Array) {
  return runLsio(['get', '-q', ...args], { cwd, ...(input === undefined ? {} : { input }) });
}

describe('lsio get', () => {
  test('concatenates files in the order asked for', () => {
    const cwd = tree({ a: bytesOf(10, 1), b: '', c: bytesOf(70_000, 3) });
    const { status, stdout, stderr } = get(['c', 'a', 'b', 'c'], cwd);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.equals(Buffer.concat([bytesOf(70_000, 3), bytesOf(10, 1), bytesOf(70_000, 3)]))).toBe(true);
  });

  test('gives what cat gives for any tree, by the byte order of the paths', () => {
    const name = fc.constantFrom('a', 'a.txt', 'a-b', 'B', 'é', '\u{10000}', '\uffee', ' ', '#bytes=0-1', '-r');
    const file = fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 20_000 }));
    const files = fc.array(file, { maxLength: 12 });
    fc.assert(
      fc.property(files, (asked) => {
        const root = mkdtempSync(path.join(directory, 'any-'));
        for (const [index, [parts, length]] of asked.entries()) {
          try {
            mkdirSync(path.join(root, ...parts.slice(0, -1)), { recursive: true });
            writeFileSync(path.join(root, ...parts), bytesOf(length, index));
          } catch {
            // A name can't be both a file and a directory: the first one is.
          }
        }
        const cat = 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0r cat; exit 0';
        const expected = runScript(cat, { cwd: root }).stdout;
        const { status, stdout, stderr } = get(['-r', '.'], root);
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout.equals(expected)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  test('gives the ranges asked for, of each path', () => {
    const sizes = [1, 4095, 70_000];
    const cwd = tree(Object.fromEntries(sizes.map((size, index) => [`f${index}`, bytesOf(size, index)])));
    const range = fc.oneof(
      fc.tuple(fc.nat(200), fc.nat(80_000)).map(([first, more]) => ({
        text: `${first}-${first + more}`,
        of: (all: Buffer) => (first >= all.length ? undefined : all.subarray(first, first + more + 1)),
      })),
      fc.nat(200).map((first) => ({
        text: `${first}-`,
        of: (all: Buffer) => (first >= all.length ? undefined : all.subarray(first)),
      })),
      fc.integer({ min: 1, max: 80_000 }).map((last) => ({
        text: `-${last}`,
        of: (all: Buffer) => all.subarray(-Math.min(last, all.length)),
      })),
    );
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), fc.boolean(), (ranges, inPath) => {
        const paths = sizes.map((_, index) => `f${index}`);
        const args = inPath
          ? paths.map((name) => `${name}#bytes=${ranges.map(({ text }) => text).join(',')}`)
          : [...ranges.flatMap(({ text }) => ['-R', text]), ...paths];
        const parts = sizes.flatMap((size, index) => ranges.map(({ of }) => of(bytesOf(size, index))));
        const { status, stdout } = get(args, cwd);
        expect(status).toBe(parts.includes(undefined) ? 1 : 0);
        expect(stdout.equals(Buffer.concat(parts.filter((part) => part !== undefined)))).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  test('takes a file of that very name rather than path#bytes=…', () => {
    const cwd = tree({ a: '0123456789', 'a#bytes=0-1': 'itself', 'a#1': 'one' });
    expect(get(['a#bytes=0-1', 'a#bytes=2-3', 'a#1'], cwd).stdout.toString()).toBe('itself23one');
  });

  test('reads files of many MiB, and procfs files, to their ends', () => {
    const big = bytesOf(20_000_003);
    const cwd = tree({ big });
    expect(get(['big'], cwd).stdout.equals(big)).toBe(true);
    expect(
      get(['/proc/version', 'big#bytes=-9000000'], cwd).stdout.subarray(-9_000_000).equals(big.subarray(-9_000_000)),
    ).toBe(true);
    expect(get(['/proc/version'], cwd).stdout.toString()).toMatch(/^Linux version .*\n$/);
  });

  test('follows links to files, not links to directories', () => {
    const cwd = tree({ 'd/f': 'f', other: 'other' });
    symlinkSync('../other', path.join(cwd, 'd/link'));
    symlinkSync('..', path.join(cwd, 'd/circle'));
    symlinkSync('nowhere', path.join(cwd, 'd/dangling'));
    const { status, stdout, stderr } = get(['-r', 'd'], cwd);
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 1,
      stdout: 'fother',
      stderr: 'lsio: d/dangling: no such file or directory (ENOENT)\n',
    });
  });

  test('takes names of any bytes from the command line, from lists and from directories', () => {
    const script = `
      printf 1 > "$(printf 'a\\xff\\xfeb')"; printf 2 > $'new\\nline'; printf 3 > -dash; printf 4 > 'ü'
      lsio get -q -- "$(printf 'a\\xff\\xfeb')" $'new\\nline' -dash 'ü'; echo
      find . -type f -print0 | LC_ALL=C sort -z | lsio get -q --files0-from -; echo
      printf 'ü\\n-dash\\na\\xff\\xfeb\\n' | lsio get -q --files-from -; echo
      lsio get -q -r .; echo
      lsio get -q -r . -o out --exclude out; cd out; LC_ALL=C; cat ./* `;
    const { stdout, stderr } = runScript(script, { cwd: tree({}) });
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '1234\n3124\n431\n3124\n3124', stderr: '' });
  });

  test('takes lists: lines with ranges, NUL-terminated names as they are', () => {
    const cwd = tree({ a: 'aaa', b: '0123', 'a#bytes=0-0': 'x', list: 'a\n\nb#bytes=1-2\n', list0: 'b\0a#bytes=0-0' });
    expect(get(['b', '--files-from', 'list', '--files0-from', 'list0'], cwd).stdout.toString()).toBe('0123aaa120123x');
    expect(get(['-', 'a'], cwd, 'b\na').stdout.toString()).toBe('0123aaaaaa');
    expect(get(['--files0-from', '-'], cwd, '').status).toBe(0);
  });

  test('the last line on stderr says what was done', () => {
    const cwd = tree({ a: bytesOf(1000), b: bytesOf(500) });
    const { stderr, status } = runLsio(['get', '--discard', '--engine', 'node', 'a', 'b', 'nosuch'], { cwd });
    expect(status).toBe(1);
    const [failure, summary] = stderr.split(/(?<=\n)/);
    expect(failure).toBe('lsio: nosuch: no such file or directory (ENOENT)\n');
    expect(SUMMARY.exec(summary ?? '')?.slice(1)).toEqual(['2 items, 1.46 KiB', 'engine node', ', 1 failed']);
  });

  test.skipIf(noUring !== undefined)(named('reads by io_uring where it can', noUring), () => {
    const { stderr } = runLsio(['get', '--discard', 'a'], { cwd: tree({ a: 'a' }) });
    expect(SUMMARY.exec(stderr)?.slice(1)).toEqual(['1 item, 1 B', 'engine uring', '']);
  });

  test('--json lists what was got and what failed, in the order asked for', () => {
    const cwd = tree({ a: bytesOf(1000), b: bytesOf(9_000_000) });
    const result = get(['--discard', '--json', 'b', 'nosuch', 'a', 'a#bytes=-10'], cwd);
    expect(result.status).toBe(1);
    expect(documentOf(result)).toMatchObject({
      items: [
        { path: 'b', offset: 0, bytes: 9_000_000 },
        {
          path: 'nosuch',
          offset: 0,
          bytes: 0,
          error: { kind: 'read', code: 'ENOENT', message: 'nosuch: no such file or directory (ENOENT)' },
        },
        { path: 'a', offset: 0, bytes: 1000 },
        { path: 'a', offset: 990, bytes: 10 },
      ],
      failed: 1,
      bytes: 9_001_010,
    });
    const short = documentOf(get(['--discard', '--json', '--no-items', 'a'], cwd));
    expect(short).toMatchObject({ failed: 0, bytes: 1000, reads: 1, bytesRead: 1000 });
    expect(short).not.toHaveProperty('items');
  });

  test('an empty list is no failure', () => {
    expect(documentOf(get(['--discard', '--json', '--files-from', '-'], directory, ''))).toMatchObject({
      items: [],
      bytes: 0,
      reads: 0,
    });
  });

  test('expands quoted globs: files in byte order, links to directories not followed', () => {
    const cwd = tree({
      'd/b': 'b',
      'd/a': 'a',
      'd/.h': 'h',
      'd/e/B': 'B',
      'd/e/é': 'é',
      'other/x': 'x',
      'lit[a]': 'L',
    });
    symlinkSync('../other', path.join(cwd, 'd/link'));
    symlinkSync('../../other/x', path.join(cwd, 'd/e/file'));
    const cases: [string[], string][] = [
      [['d/*'], 'ab'],
      [['./d/**'], 'abBxé'],
      [['d/.*'], 'h'],
      [['d/e/?'], 'Bé'],
      [['{d,other}/[a-x]'], 'abx'],
      [['d/link/*'], 'x'],
      [['lit[a]', '!(d|other)'], 'LL'],
      [['*#bytes=0-0', 'd/*#bytes=0-', '-R', '0-'], 'Lab'],
      [[path.join(cwd, 'd/*')], 'ab'],
      [['d/../d/*'], 'ab'],
    ];
    for (const [args, expected] of cases) {
      const { status, stdout, stderr } = get(args, cwd);
      expect([args, status, stdout.toString(), stderr]).toEqual([args, 0, expected, '']);
    }
    const below = path.join(cwd, 'd/e');
    for (const up of ['../../*/?', path.join(cwd, '*/?'), './../e/../../*/?']) {
      expect([up, get([up], below).stdout.toString()]).toEqual([up, 'abx']);
    }
    const { items } = documentOf(get(['./../?', './?', '--discard', '--json', '--exclude', '.*'], below));
    expect((items as { path: string }[]).map((item) => item.path)).toEqual(['../a', '../b', './B', './é']);
  });

  test('a glob that matches nothing fails alone', () => {
    const cwd = tree({ a: 'a', '.b': 'b', 'd/c': 'c' });
    const { status, stdout, stderr } = get(['*.x', '?', 'd*'], cwd);
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 1,
      stdout: 'a',
      stderr: 'lsio: *.x: no file matches (ENOENT)\nlsio: d*: no file matches (ENOENT)\n',
    });
  });

  test('globs find names of any bytes', () => {
    const script = `
      printf 1 > "$(printf 'a\\xff')"; printf 2 > "$(printf 'b\\xff\\xc3\\xa9')"; mkdir "$(printf 'd\\xfe')"; printf 3 > "$(printf 'd\\xfe/x')"
      lsio get -q '?*'; echo; lsio get -q "$(printf '*\\xff')"; lsio get -q 'd?/*'; lsio get -q '*' --exclude "$(printf '?\\xff')" `;
    const { stdout, stderr } = runScript(script, { cwd: tree({}) });
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '12\n132', stderr: '' });
  });

  test('--exclude leaves out what directories, globs and lists give', () => {
    const cwd = tree({
      'd/a': 'a',
      'd/b.o': 'b',
      'd/e/a': 'A',
      'd/e/.o': 'o',
      'd/n/x': 'x',
      'd/n/n/y': 'y',
      list: 'd/n/x\nd/a\n',
    });
    const cases: [string[], string][] = [
      [['-r', 'd', '--exclude', '*.o'], 'aAyx'],
      [['-r', 'd', '--exclude', 'n', '--exclude', '*.o'], 'aA'],
      [['-r', 'd', '--exclude', 'e/a', '--exclude', 'n/n/'], 'abox'],
      [['-r', 'd', '--exclude', 'd/e/a', '--exclude', 'n'], 'aboA'],
      [['-r', 'd', '--exclude', 'a/', '--exclude', '{e,n}'], 'ab'],
      [['d/**', '--exclude', 'n'], 'abA'],
      [['d/**', '--exclude', 'd/e/', '--exclude', 'n/n'], 'abyx'],
      [['--files-from', 'list', '--exclude', 'n/'], 'a'],
      [['d/a', '--exclude', 'a'], 'a'],
    ];
    for (const [args, expected] of cases) {
      const { status, stdout, stderr } = get(args, cwd);
      expect([args, status, stdout.toString(), stderr]).toEqual([args, 0, expected, '']);
    }
  });

  test('does not enter a directory that is excluded', (context) => {
    const cwd = tree({ 'd/a': 'a', 'd/n/x': 'x' });
    if (spawnSync('strace', ['-o/dev/null', 'true']).status !== 0) context.skip('strace does not work here');
    for (const [args, expected] of [
      [['-r', 'd', '--exclude', 'n'], '0 a'],
      [['d/**', '--exclude', 'n'], '0 a'],
      [['-r', 'd'], '1 ax'],
    ] as const) {
      const under = ['strace', '-f', '-e', 'trace=openat', '-o', 'trace'];
      const { stdout } = runLsio(['get', '-q', ...args], { cwd, under });
      const entered = readFileSync(path.join(cwd, 'trace'), 'latin1').match(/"d\/n\/?", [^\n]*O_DIRECTORY/g) ?? [];
      expect([args, `${entered.length} ${stdout}`]).toEqual([args, expected]);
    }
  });

  test('--checksum gives digests that sha256sum takes, and in the document', () => {
    const cwd = tree({ a: bytesOf(9_000_000), 'd/b': '', 'new\nline\\': 'x' });
    const { stdout } = runScript('lsio get -q -r . --discard --checksum sha256 | sha256sum -c', { cwd });
    expect(stdout.toString().match(/: OK$/gm)).toHaveLength(3);
    expect(get(['a#bytes=0-9', '--discard', '--checksum', 'crc32c'], cwd).stdout.toString()).toMatch(
      /^[0-9a-f]{8} {2}a#bytes=0-9\n$/,
    );
    const sums = runScript('cd d; lsio get -q ../d/b b nosuch ../a -o out --checksum sha256; exit 0', { cwd });
    expect(sums.stdout.toString()).toMatch(/^(?:[0-9a-f]{64} {2}\S+\n)*$/);
    const { items } = documentOf(
      get(['d/b', 'nosuch', 'a#bytes=-3', '--discard', '--json', '--checksum', 'sha256'], cwd),
    );
    const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect(items).toMatchObject([
      { path: 'd/b', digest: sha256(Buffer.alloc(0)) },
      { path: 'nosuch', error: {} },
      { path: 'a', digest: sha256(bytesOf(9_000_000).subarray(-3)) },
    ]);
  });
});
