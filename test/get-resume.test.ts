import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { documentOf, runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const ENGINES = ['auto', 'node'];
const OK = { status: 0, stdout: '', stderr: '' };

let directory = '';
let cwd = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-resume-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
  mkdirSync(path.join(cwd, 'd'));
  writeFileSync(path.join(cwd, 'big'), Buffer.from(Uint8Array.from({ length: 1000 }, (_, at) => at % 251)));
  writeFileSync(path.join(cwd, 'd/b'), 'bbb');
});

function get(args: readonly string[], input = '') {
  const { status, stdout, stderr } = runLsio(['get', '-q', ...args], { cwd, input });
  return { status, stdout: stdout.toString(), stderr };
}

/** Every file below a directory with its bytes as numbers. */
function contents(below: string): Record<string, number[]> {
  const root = path.join(cwd, below);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  return Object.fromEntries(files.map((file) => [path.relative(root, file), [...readFileSync(file)]]));
}

function bytes(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, index) => (begin + index) % 251);
}

describe.each(ENGINES)('lsio get --engine %s, ranges', (engine) => {
  const both = { 'big#bytes=0-9': bytes(0, 10), 'big#bytes=300-302': bytes(300, 303) };
  const requests =
    '{"path":"big","offset":0,"length":10,"id":"x/1"}\n{"path":"./big","offset":300,"length":3,"id":7}\n';

  test.each([
    { args: ['-R', '0-9', '-R', '300-302', 'big'], input: '' },
    { args: ['big#bytes=0-9,300-302'], input: '' },
    { args: ['--requests', '-', '--json', '--no-items'], input: requests },
  ])('of one path go to a file each, called as in an archive: $args', ({ args, input }) => {
    expect(get(['--engine', engine, ...args, '-o', 'out'], input)).toMatchObject({ status: 0, stderr: '' });
    expect(contents('out')).toEqual(both);
  });

  test('have the names of --tar', () => {
    const args = ['--engine', engine, '-R', '0-9', '-R', '-5', '-R', '990-', 'big', 'd/b'];
    get([...args.slice(0, -1), '-o', 'out']);
    const { stdout } = runScript(`lsio get -q ${args.slice(0, -1).join(' ')} --tar | tar t | LC_ALL=C sort`, { cwd });
    expect(stdout.toString().trim().split('\n')).toEqual(Object.keys(contents('out')).sort());
  });

  test('keep the name of the file where there is one of it, or the whole of it', () => {
    expect(get(['--engine', engine, 'big#bytes=5-6', 'd/b', '-o', 'one'])).toEqual(OK);
    expect(contents('one')).toEqual({ big: bytes(5, 7), 'd/b': [98, 98, 98] });
    expect(get(['--engine', engine, 'big#bytes=5-6', 'big', '-o', 'whole'])).toEqual(OK);
    expect(contents('whole')).toEqual({ big: bytes(0, 1000), 'big#bytes=5-6': bytes(5, 7) });
  });

  test('are named by a template', () => {
    const args = ['--engine', engine, '--requests', '-', '-o', 'out', '--output-name'];
    expect(get([...args, '{id}'], requests)).toEqual(OK);
    expect(contents('out')).toEqual({ '7': bytes(300, 303), 'x/1': bytes(0, 10) });
    expect(get([...args, 'deep/{path}-{offset}+{length}.{index}{'], requests)).toEqual(OK);
    expect(contents('out/deep')).toEqual({ 'big-0+10.0{': bytes(0, 10), 'big-300+3.1{': bytes(300, 303) });
    const tar = `lsio get -q --requests list --output-name '{index}/{id}' --tar | tar t`;
    writeFileSync(path.join(cwd, 'list'), requests);
    expect(runScript(tar, { cwd }).stdout.toString()).toBe('0/x/1\n1/7\n');
  });

  test.each([
    ['{name}', '{name} is not known: write {path}, {id}, {offset}, {length}, {index}'],
    ['{id}', '{id} of d/b is not known: the request has none', ['d/b']],
    ['{length}', '{length} of d/b is not known: the request has none', ['d/b']],
    ['{offset}', '{offset} of d/b is not known: the request has none', ['d/b#bytes=-2']],
    ['{path}/', '"big/" is no name of a file'],
    ['/', '"/" is no name of a file'],
  ])('are refused before anything is read: %s', (template, why, paths = ['big']) => {
    const args = ['--engine', engine, '-o', 'out', '--output-name', template, ...paths];
    expect(get(args)).toEqual({ status: 2, stdout: '', stderr: `lsio: --output-name: ${why}\n` });
    expect(readdirSync(cwd).sort()).toEqual(['big', 'd']);
  });

  test('lead nowhere else, and never to one name', () => {
    const evil = '{"path":"big","id":"../evil"}\n';
    const args = ['--engine', engine, '-o', 'out', '--requests', '-', '--output-name'];
    expect(get([...args, '{id}'], evil)).toMatchObject({ status: 2, stderr: expect.stringContaining('.. in a name') });
    expect(get([...args, 'same'], requests)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^lsio: two inputs for out\/same\n/),
    });
    expect(get([...args, '{id}'], '{"path":"big","id":"/abs/x"}')).toEqual(OK);
    expect(Object.keys(contents('out'))).toEqual(['abs/x']);
  });
});

describe('lsio get --skip-existing', () => {
  const FILES = 3000;

  function makeMany(): void {
    runScript(`mkdir many; cd many; seq ${3 * FILES} | split -l 3 -a 4`, { cwd });
  }

  test.each(ENGINES)('goes on where another run was stopped: %s', async (engine) => {
    makeMany();
    const args = ['get', '--engine', engine, '-r', 'many', '-o', 'out', '--progress', 'never'];
    const child = startLsio(args, { cwd });
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    const out = path.join(cwd, 'out/many');
    while (!statSync(out, { throwIfNoEntry: false })) await sleep(1);
    child.kill('SIGINT');
    const status = await statusOf(child);
    if (status === 0) return; // It was done before.
    expect(status).toBe(130);
    const [, written] =
      /^([\d,]+) of 3,000 items written; run again with --skip-existing for the rest$/m.exec(stderr) ?? [];
    const there = readdirSync(out).length;
    expect(Number(written?.replace(',', ''))).toBe(there);
    const [first = ''] = readdirSync(out);
    const { mtimeMs } = statSync(path.join(out, first));
    const again = runLsio([...args, '--skip-existing'], { cwd });
    expect(again.status).toBe(0);
    const rest = (FILES - there).toLocaleString('en-US');
    const skipped = there === 0 ? '' : `, ${there.toLocaleString('en-US')} skipped`;
    expect(again.stderr).toMatch(new RegExp(`^${rest} items?, .* in .*, engine \\w+${skipped}\\n$`, 'm'));
    if (there > 0) expect(statSync(path.join(out, first)).mtimeMs).toBe(mtimeMs);
    expect(runScript('diff -r many out/many', { cwd })).toMatchObject({ status: 0 });
    expect(runLsio([...args, '--skip-existing'], { cwd })).toMatchObject({
      status: 0,
      // Where io_uring is blocked, a note about the engine comes first.
      stderr: expect.stringMatching(/^nothing read: 3,000 skipped\n$/m),
    });
  });

  test('leaves what is there, whatever it is, and counts it', () => {
    mkdirSync(path.join(cwd, 'out/d'), { recursive: true });
    writeFileSync(path.join(cwd, 'out/big'), 'mine');
    const args = ['get', '-q', '--json', '-r', 'big', 'd', '-o', 'out', '--skip-existing'];
    const document = documentOf(runLsio(args, { cwd }));
    expect(document).toMatchObject({ failed: 0, skipped: 1, bytes: 3, items: [{ path: 'd/b', bytes: 3 }] });
    expect(readFileSync(path.join(cwd, 'out/big'), 'utf8')).toBe('mine');
    expect(get(['big#bytes=0-1,4-5', '-o', 'out', '--skip-existing'])).toEqual(OK);
    rmSync(path.join(cwd, 'out/big#bytes=0-1'));
    expect(get(['big#bytes=0-1,4-5', '-o', 'out', '--skip-existing'])).toEqual(OK);
    expect(contents('out')['big#bytes=0-1']).toEqual(bytes(0, 2));
  });

  test('leaves a file that appears in the meantime', async () => {
    mkdirSync(path.join(cwd, 'out'));
    runScript('mkfifo list', { cwd });
    const script = `lsio get -q --files-from list -o out --skip-existing & exec 3> list; echo big >&3; echo d/b >&3; sleep 0.4
      echo mine > out/big; exec 3>&-; wait $!`;
    expect(runScript(script, { cwd })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(path.join(cwd, 'out/big'), 'utf8')).toBe('mine\n');
    expect(readdirSync(path.join(cwd, 'out')).sort()).toEqual(['big', 'd']);
  });

  test.each([
    [['--skip-existing', 'big'], '--skip-existing goes with -o'],
    [['--output-name', 'x', '--discard', 'big'], '--output-name goes with -o'],
    [['--no-preserve-mode', 'big'], '--no-preserve-mode goes with -o'],
    [['--skip-existing', '--overwrite', '-o', 'out', 'big'], '--overwrite and --skip-existing contradict each other'],
  ])('and its like are refused where they mean nothing: %j', (args, line) => {
    expect(get(args)).toEqual({ status: 2, stdout: '', stderr: `lsio: ${line}\n` });
  });
});

describe('the summary', () => {
  const summary = (args: readonly string[]) =>
    runLsio(['get', '--discard', '--engine', 'node', ...args], { cwd }).stderr;

  test('counts as people do', () => {
    runScript('truncate -s 250M big2; for i in $(seq 1001); do : > d/$i; done', { cwd });
    expect(summary(['big'])).toMatch(/^1 item, 1000 B in \d\.\d{3} s \(\d+\.\d MiB\/s\), engine node\n$/);
    expect(summary(['-r', 'd', 'big2'])).toMatch(
      /^1,003 items, 250 MiB in \d+\.\d+ s \(\d+\.\d MiB\/s\), engine node\n$/,
    );
    expect(summary(['nosuch'])).toBe('lsio: nosuch: no such file or directory (ENOENT)\nnothing read: 1 failed\n');
    expect(summary(['nosuch', 'big'])).toMatch(/, engine node, 1 failed\n$/);
  });
});

test('lsio get --help lists the exit codes, each with its meaning', () => {
  const help = runLsio(['get', '--help']).stdout.toString();
  for (const code of [0, 1, 2, 3, 4, 5, 70, 129, 130, 141, 143])
    expect(help).toMatch(new RegExp(`^ +${code} {2}\\w`, 'm'));
});
