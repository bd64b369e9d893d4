import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const BIG_BYTES = 20_000_000;
const HUGE_BYTES = 100_000_000;
const PATTERN = Uint8Array.from({ length: 251 }, (_, at) => at);

let directory = '';
let cwd = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-tar-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
  mkdirSync(path.join(cwd, 'src'));
  writeFileSync(path.join(cwd, 'src/a'), 'aaa');
});

function script(text: string) {
  const { status, stdout, stderr } = runScript(text, { cwd });
  return { status, stdout: stdout.toString(), stderr };
}

function get(args: readonly string[]) {
  const { status, stdout, stderr } = runLsio(['get', '-q', ...args], { cwd });
  return { status, stdout, stderr };
}

function writeLong(name: string, bytes: number): Buffer {
  const content = Buffer.alloc(bytes, PATTERN);
  writeFileSync(path.join(cwd, name), content);
  return content;
}

const MANY_NAMES = `
  cd src; mkdir -p d/e; echo e > d/e/f; : > empty; printf x > "$(printf 'a\\xff\\xfeb')"; printf y > "$(printf 'new\\nline')"
  printf z > -dash; printf u > ümlaut; printf s > 'space '; printf b > 'back\\slash'
  long=$(printf 'n%.0s' $(seq 200)); printf l > $long; mkdir -p $long-d/$long; printf ll > $long-d/$long/$long
  bad=$(printf 'b\\xe9%.0s' $(seq 90)); mkdir $bad; printf bb > $bad/$bad; seq 1 1000 > 512x; head -c 512 512x > 512
  cd ..`;

describe('lsio get --tar', () => {
  test('comes out of GNU tar as it went in, whatever the names', () => {
    writeLong('src/big', BIG_BYTES);
    const text = `${MANY_NAMES}; mkdir x; lsio get -q -r --tar src | tar -xf - -C x && diff -r src x/src && find x -type f -printf . | wc -c`;
    expect(script(text)).toEqual({ status: 0, stdout: '15\n', stderr: '' });
  });

  test('has sizes, modes and times', () => {
    writeLong('src/big', BIG_BYTES);
    const text = `
      chmod 640 src/a; touch -d '2001-02-03 04:05:06 UTC' src/a src/big
      lsio get -q -r --tar src | TZ=UTC tar -tvf - --full-time | tr -s ' '`;
    expect(script(text)).toEqual({
      status: 0,
      stdout: `-rw-r----- 0/0 3 2001-02-03 04:05:06 src/a\n-rw-r--r-- 0/0 ${BIG_BYTES} 2001-02-03 04:05:06 src/big\n`,
      stderr: '',
    });
  });

  test.each(['auto', 'node'])('has what came through a pipe as a file, engine %s', (engine) => {
    const text = `
      mkdir x; lsio get -q --engine ${engine} --tar <(printf hello) src/a > out.tar || exit
      tar -tvf out.tar | cut -c 1-10; tar -xf out.tar -C x; cat x/dev/fd/* x/src/a`;
    expect(script(text)).toEqual({ status: 0, stdout: '-rw-------\n-rw-r--r--\nhelloaaa', stderr: '' });
  });

  test('ends within what is long and comes through a pipe, and says why', () => {
    const { status, stderr } = script(`lsio get -q --tar src/a <(head -c ${BIG_BYTES} /dev/zero) > out.tar`);
    expect({ status, stderr }).toMatchObject({ status: 4, stderr: expect.stringContaining('not known beforehand') });
  });

  test.each([{ year: 1960 }, { year: 2106 }])('keeps a time of the year $year', ({ year }) => {
    script(`touch -d ${year}-01-01 src/a; mkdir x; lsio get -q --tar src/a | tar -xf - -C x`);
    expect(statSync(path.join(cwd, 'x/src/a')).mtime.getUTCFullYear()).toBe(year);
  });

  test('has parts of files under names that say so', () => {
    const content = writeLong('src/big', BIG_BYTES);
    const text = `mkdir x; lsio get -q --tar "$PWD/src/big#bytes=0-99,10000000-,-8" src/a#bytes=1-1 | tar -xvf - -C x`;
    const below = cwd.slice(1);
    const names = ['0-99', '10000000-', '-8'].map((range) => `${below}/src/big#bytes=${range}\n`);
    expect(script(text)).toEqual({ status: 0, stdout: `${names.join('')}src/a#bytes=1-1\n`, stderr: '' });
    const got = (name: string) => readFileSync(path.join(cwd, 'x', name));
    expect(got(`${below}/src/big#bytes=0-99`).equals(content.subarray(0, 100))).toBe(true);
    expect(got(`${below}/src/big#bytes=10000000-`).equals(content.subarray(10_000_000))).toBe(true);
    expect(got(`${below}/src/big#bytes=-8`).equals(content.subarray(-8))).toBe(true);
  });

  test('leaves out what fails, and delivers the rest', () => {
    const { status, stdout, stderr } = script(
      'lsio get -q --tar nosuch src/a /proc/self/status | tar -tf -; exit $' + '{PIPESTATUS[0]}',
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'src/a\nproc/self/status\n' });
    expect(stderr).toBe('lsio: nosuch: no such file or directory (ENOENT)\n');
  });

  test('of nothing is an archive', () => {
    mkdirSync(path.join(cwd, 'none'));
    const { status, stdout } = get(['-r', '--tar', 'none']);
    expect({ status, bytes: stdout }).toEqual({ status: 0, bytes: Buffer.alloc(1024) });
  });

  test.each([
    { args: ['-o', 'x', 'src/a'], line: '--tar and -o contradict each other' },
    { args: ['--discard', 'src/a'], line: '--tar and --discard contradict each other' },
    {
      args: ['--json', 'src/a'],
      line: '--json goes with -o or --discard: stdout takes either the bytes or the document',
    },
    {
      args: ['src/a', 'src/../src/a'],
      line: 'src/../src/a: .. in a name could lead out of the output directory',
    },
  ])('refuses $args before anything is written', ({ args, line }) => {
    const { status, stdout, stderr } = get(['--tar', ...args]);
    const message = args.includes('--json') ? '' : stdout.toString();
    expect({ status, message, stderr }).toEqual({ status: 2, message: '', stderr: `lsio: ${line}\n` });
  });

  test('ends with the error of stdout', () => {
    writeLong('src/big', BIG_BYTES);
    const text =
      `
      lsio get -q --tar src/big src/a > /dev/full; echo $?; lsio get -q --tar src/a > /dev/full; echo $?
      lsio get -q --tar src/big | head -c1 > /dev/null; echo $` + '{PIPESTATUS[0]}';
    const line = 'lsio: stdout: no space left on device (ENOSPC)\n';
    expect(script(text)).toEqual({ status: 0, stdout: '4\n4\n141\n', stderr: line + line });
  });

  test('waits for a slow reader', () => {
    writeLong('src/big', BIG_BYTES);
    const text = 'mkdir x; lsio get -q -r --tar src | (sleep 0.5; tar -xf - -C x) && diff -r src x/src && echo same';
    expect(script(text)).toEqual({ status: 0, stdout: 'same\n', stderr: '' });
  });
});

describe('lsio get --tar of a file that changes while it is read', () => {
  test.each([
    { change: 'shorter', bytes: 50_000_000, name: 'big' },
    { change: 'longer', bytes: HUGE_BYTES + 50_000_000, name: 'big' },
  ])('ends the archive within it when it gets $change', async ({ bytes, name }) => {
    const content = writeLong(name, HUGE_BYTES);
    const child = startLsio(['get', '-q', '--tar', name, 'src/a'], { cwd });
    const stderr: Buffer[] = [];
    const stdout: Buffer[] = [];
    child.stderr?.on('data', (chunk) => stderr.push(chunk));
    // Nobody reads: it can't be far when the file changes.
    await once(child.stdout!, 'readable');
    truncateSync(path.join(cwd, name), bytes);
    child.stdout?.on('data', (chunk) => stdout.push(chunk));
    expect(await statusOf(child)).toBe(5);
    expect(Buffer.concat(stderr).toString()).toBe(
      `lsio: ${name}: changed while it was read: the archive ends within it\n`,
    );
    const got = Buffer.concat(stdout).subarray(512);
    expect(got.length).toBeLessThan(HUGE_BYTES);
    expect(got.equals(content.subarray(0, got.length))).toBe(true);
    writeFileSync(path.join(cwd, 'cut.tar'), Buffer.concat(stdout));
    expect(script('tar -tf cut.tar').stderr).toMatch(/Unexpected EOF/);
  });
});
