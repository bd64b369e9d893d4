import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { named } from './helpers/engine-child.js';
import { documentOf, runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const ENGINES = ['auto', 'node'];
const noNamespace =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
    ? undefined
    : 'no mount namespaces here: only root may make them';

let directory = '';
let cwd = '';
let noKoffi = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-safety-'));
  noKoffi = path.join(directory, 'no-koffi.cjs');
  writeFileSync(
    noKoffi,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = (name, ...rest) => {
       if (name === 'koffi') throw new Error('taken away by the test');
       return load(name, ...rest);
     };`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
  mkdirSync(path.join(cwd, 'sub'));
  writeFileSync(path.join(cwd, 'a'), 'aaa');
  writeFileSync(path.join(cwd, 'sub/b'), 'bbb');
});

function get(args: readonly string[]) {
  const { status, stdout, stderr } = runLsio(['get', '-q', ...args], { cwd });
  return { status, stdout: stdout.toString(), stderr };
}

/** Each way in which files get their names; every one has to be as safe. */
const WAYS = [
  { way: 'with koffi', env: (): Record<string, string> => ({}), args: [] },
  { way: 'without koffi', env: () => ({ NODE_OPTIONS: `--require ${noKoffi}` }), args: ['--engine', 'node'] },
];

/**
 * Starts a get whose list comes through a FIFO, waits until it has checked what was listed, does something, and lets it
 * write.
 */
async function between(
  listed: string,
  change: () => void,
  { env, args }: { env: Record<string, string>; args: readonly string[] },
): Promise<{ status: number; stderr: string }> {
  execFileSync('mkfifo', ['list'], { cwd });
  const child = startLsio(['get', '-q', '--files-from', 'list', '-o', 'out', ...args], { cwd, env });
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const fd = openSync(path.join(cwd, 'list'), 'w');
  writeSync(fd, `${listed}\n`);
  // It waits for more of the list in the meantime.
  await sleep(400);
  change();
  closeSync(fd);
  return { status: await statusOf(child), stderr };
}

describe.each(WAYS)('lsio get -o $way', ({ env, args }) => {
  test('writes nothing through a link that took the place of a directory after the check', async () => {
    mkdirSync(path.join(cwd, 'out/sub'), { recursive: true });
    mkdirSync(path.join(cwd, 'outside'));
    const swap = () => {
      renameSync(path.join(cwd, 'out/sub'), path.join(cwd, 'out/was'));
      symlinkSync('../outside', path.join(cwd, 'out/sub'));
    };
    expect(await between('sub/b', swap, { env: env(), args })).toEqual({
      status: 4,
      stderr: 'lsio: out/sub: is a link, and links are not followed\n',
    });
    expect(readdirSync(path.join(cwd, 'outside'))).toEqual([]);
  });

  test('writes nothing through a link that was put where a directory was to be made', async () => {
    mkdirSync(path.join(cwd, 'outside'));
    mkdirSync(path.join(cwd, 'out'));
    const plant = () => symlinkSync('../outside', path.join(cwd, 'out/sub'));
    expect((await between('sub/b', plant, { env: env(), args: [...args, '--overwrite'] })).status).toBe(4);
    expect(readdirSync(path.join(cwd, 'outside'))).toEqual([]);
  });

  test('replaces no file that appeared after the check', async () => {
    mkdirSync(path.join(cwd, 'out'));
    const appear = () => writeFileSync(path.join(cwd, 'out/a'), 'precious');
    expect(await between('a', appear, { env: env(), args })).toEqual({
      status: 4,
      stderr: 'lsio: out/a: exists\n  → --overwrite replaces it\n',
    });
    expect(readFileSync(path.join(cwd, 'out/a'), 'utf8')).toBe('precious');
    expect(readdirSync(path.join(cwd, 'out'))).toEqual(['a']);
  });

  test('replaces no link that appeared after the check, nor what it leads to', async () => {
    mkdirSync(path.join(cwd, 'out'));
    writeFileSync(path.join(cwd, 'precious'), 'precious');
    const appear = () => symlinkSync('../precious', path.join(cwd, 'out/a'));
    expect((await between('a', appear, { env: env(), args })).status).toBe(4);
    expect(lstatSync(path.join(cwd, 'out/a')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path.join(cwd, 'precious'), 'utf8')).toBe('precious');
  });
});

describe.each(ENGINES)('lsio get --engine %s', (engine) => {
  const refused = (name: string) => `lsio: ${name}: input and output are the same file\n`;

  test.each([
    ['a hard link', () => linkSync(path.join(cwd, 'big'), path.join(cwd, 'other'))],
    ['a symlink', () => symlinkSync('big', path.join(cwd, 'other'))],
    ['a path through a linked directory', () => symlinkSync('.', path.join(cwd, 'dir')), 'dir/big'],
  ])('refuses %s of the file that stdout is appended to', (_, link, name = 'other') => {
    writeFileSync(path.join(cwd, 'big'), Buffer.alloc(30_000_000, 'position 0123456789'));
    link();
    const script = `ulimit -f 200000; lsio get -q --engine ${engine} ${name} a >> big; echo $?`;
    const { stdout, stderr } = runScript(script, { cwd });
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '1\n', stderr: refused(name) });
    expect(readFileSync(path.join(cwd, 'big')).subarray(30_000_000).toString()).toBe('aaa');
  });

  test.each(['>', '>>', '<>'])('refuses it with --tar %s, and archives the others', (redirection) => {
    writeFileSync(path.join(cwd, 'out.tar'), '');
    linkSync(path.join(cwd, 'out.tar'), path.join(cwd, 'hard'));
    const fd = redirection === '<>' ? '1' : '';
    const script = `lsio get -q --engine ${engine} --tar hard a ${fd}${redirection} out.tar; echo $?; tar tf out.tar`;
    const { stdout, stderr } = runScript(script, { cwd });
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '1\na\n', stderr: refused('hard') });
  });

  test('refuses an input that another input is to replace', () => {
    mkdirSync(path.join(cwd, 'out'));
    linkSync(path.join(cwd, 'sub/b'), path.join(cwd, 'out/a'));
    const args = ['--engine', engine, '--overwrite', '-o', 'out', 'a', 'sub/b'];
    expect(get(args)).toEqual({ status: 2, stdout: '', stderr: refused('sub/b') });
    expect(readFileSync(path.join(cwd, 'sub/b'), 'utf8')).toBe('bbb');
    expect(readdirSync(path.join(cwd, 'out'))).toEqual(['a']);
  });
});

describe('lsio get -r -o, the output directory inside the input', () => {
  const inside = (name: string, exclude: string) =>
    `lsio: ${name}: the output directory is in it\n  → another output directory, or --exclude ${exclude}\n`;

  test.each([
    ['.', 'out', '"out"'],
    ['.', 'sub/new/deep', '"sub/new/deep"'],
    ['sub', 'sub/out', '"out"'],
    ['link', './sub/../sub/out', '"out"'],
    ['sub', 'link/out', '"out"'],
    ['../', 'out', 'CASE/out"'],
  ])('is refused, as cp does: -r %s -o %s', (input, output, exclude) => {
    symlinkSync('sub', path.join(cwd, 'link'));
    const { status, stdout, stderr } = get(['-r', input, '-o', output]);
    const named = exclude.replace('CASE', `"${path.basename(cwd)}`);
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: inside(input, named) });
    expect(readdirSync(cwd).sort()).toEqual(['a', 'link', 'sub']);
    expect(readdirSync(path.join(cwd, 'sub'))).toEqual(['b']);
  });

  test('is refused where it is the input', () => {
    expect(get(['-r', '.', '-o', '.'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'lsio: .: the output directory is in it\n  → another output directory\n',
    });
  });

  test.skipIf(noNamespace !== undefined)(named('is refused through a mount of it elsewhere', noNamespace), () => {
    const script = 'mkdir m && mount --bind . m && exec "$@"';
    const under = ['unshare', '-m', 'bash', '-c', script, '--'];
    const result = runLsio(['get', '-q', '-r', '.', '-o', 'm/sub/out', '--exclude', 'm'], { cwd, under });
    expect({ status: result.status }).toEqual({ status: 2 });
  });

  test('is taken where it is excluded, beside, or above', () => {
    expect(get(['-r', '.', '-o', 'out', '--exclude', 'out'])).toMatchObject({ status: 0, stderr: '' });
    expect(get(['-r', '.', '-o', 'out', '--exclude', 'out', '--overwrite'])).toMatchObject({ status: 0 });
    expect(readdirSync(path.join(cwd, 'out')).sort()).toEqual(['a', 'sub']);
    expect(get(['-r', 'sub', '-o', 'sub2'])).toMatchObject({ status: 0, stderr: '' });
    expect(runLsio(['get', '-q', '-r', 'sub', '-o', '..'], { cwd: path.join(cwd, 'out') }).status).toBe(4);
  });

  test('is refused where a pattern finds files in it', () => {
    expect(get(['**', '-o', 'out'])).toMatchObject({ status: 0, stderr: '' });
    expect(get(['**', '-o', 'out'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'lsio: out/a: is in the output directory\n  → --exclude\n',
    });
    expect(get(['**', '--exclude', 'out', '--overwrite', '-o', 'out'])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('what is no regular file is never replaced', () => {
  mkdirSync(path.join(cwd, 'out'));
  execFileSync('mkfifo', ['out/a'], { cwd });
  const stderr = 'lsio: out/a: is not a regular file, and is not replaced\n';
  expect(get(['--overwrite', '-o', 'out', 'a'])).toEqual({ status: 4, stdout: '', stderr });
  expect(lstatSync(path.join(cwd, 'out/a')).isFIFO()).toBe(true);
  expect(readdirSync(path.join(cwd, 'out'))).toEqual(['a']);
});

test('a refused input is in the document with its error', () => {
  truncateSync(path.join(cwd, 'a'), 0);
  linkSync(path.join(cwd, 'a'), path.join(cwd, 'hard'));
  mkdirSync(path.join(cwd, 'out'));
  const result = runLsio(['get', '--json', '-r', '.', '-o', 'out'], { cwd });
  expect(documentOf(result)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
});
