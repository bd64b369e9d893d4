import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio, runScript } from './helpers/run-lsio.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

const COMMANDS = [
  'get',
  'info',
  'read',
  'grib',
  'refs',
  'stats',
  'series',
  'merge',
  'files',
  'files create',
  'bench',
  'compare-fio',
  'tune',
  'cache',
  'doctor',
  'completion',
];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-cli-'));
  writeFileSync(path.join(directory, 'a'), 'a');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('lsio', () => {
  test.each(['--version', '-V'])('%s prints the version of the package', (option) => {
    expect(runLsio([option])).toEqual({ status: 0, stdout: Buffer.from(`${version}\n`), stderr: '' });
  });

  test('--help gives the usage, every command, examples and exit codes', () => {
    const { status, stdout, stderr } = runLsio(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.toString()).toMatch(/^Usage: lsio [\s\S]*\nExamples:\n {2}lsio get [\s\S]*\nExit codes:\n +0 /);
    const listed = [...stdout.toString().matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining(['get', 'files', 'bench', 'compare-fio', 'doctor']));
  });

  test.each(COMMANDS)('%s --help fits 80 columns and lists the exit codes', (command) => {
    const { status, stdout } = runLsio([...command.split(' '), '--help']);
    expect(status).toBe(0);
    expect(
      stdout
        .toString()
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
    expect(stdout.toString()).toMatch(/^ +4 {2}the output failed/m);
    expect(stdout.toString()).not.toMatch(/\n\n\n|default: (\[\]|false)/);
  });

  test('a command of commands names them', () => {
    expect(runLsio(['files'])).toMatchObject({
      status: 2,
      stderr: 'lsio: missing subcommand: create, check, rm\n  → lsio files --help\n',
    });
  });

  test('without arguments says how to use it, on stderr', () => {
    const { status, stdout, stderr } = runLsio([]);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: lsio');
  });

  test.each([
    { args: ['gte'], line: "unknown command 'gte'", hint: 'Did you mean get?' },
    { args: ['nothing-like-it'], line: "unknown command 'nothing-like-it'", hint: 'lsio --help' },
    { args: ['--bogus'], line: "unknown option '--bogus'", hint: 'lsio --help' },
    { args: ['get', '--rang', '0-1'], line: "unknown option '--rang'", hint: 'Did you mean --range?' },
    { args: ['get', '--bogus'], line: "unknown option '--bogus'", hint: 'lsio get --help' },
    { args: ['get', '--range'], line: "option '-R, --range <range>' argument missing", hint: 'lsio get --help' },
    {
      args: ['get', '--engine', 'x', 'a'],
      line: "option '--engine <engine>' argument 'x' is invalid. Allowed choices are auto, uring, node.",
      hint: 'lsio get --help',
    },
  ])('$args is refused in one line and a hint', ({ args, line, hint }) => {
    const { status, stdout, stderr } = runLsio(args);
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `lsio: ${line}\n  → ${hint}\n`,
    });
  });

  test('--json prints one document when the command is refused, too', () => {
    const result = runLsio(['get', '--json', '--bogus']);
    expect(result.status).toBe(2);
    expect(documentOf(result)).toEqual({
      schema: 'lsio.get/1',
      error: { kind: 'usage', message: "unknown option '--bogus'", remedy: 'lsio get --help' },
      exitCode: 2,
    });
    expect(runLsio(['get', '--bogus', '--', '--json']).stdout.toString()).toBe('');
  });

  test.each(['--version', '--help', 'get --help', 'doctor', 'get -q --discard --json a', 'get -q a'])(
    'exits with 4 when stdout is full: %s',
    (args) => {
      const { status, stderr } = runScript(`lsio ${args} > /dev/full`, { cwd: directory });
      expect({ status, stderr }).toEqual({
        status: 4,
        stderr: 'lsio: stdout: no space left on device (ENOSPC)\n',
      });
    },
  );

  test.each([18, 19, 20, 22, 30, 64])('says what to do with %i open files allowed', (openFiles) => {
    const { status, stderr } = runScript(`ulimit -n ${openFiles}; lsio get -q a`, { cwd: directory });
    // With fewer Node itself ends before lsio begins: newer ones are killed by SIGSEGV.
    const least = process.version.startsWith('v20.') ? 20 : 24;
    if (status === 139 || stderr.includes('node:internal')) return expect(openFiles).toBeLessThan(least);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^lsio: .*open files.*\n {2}→ ulimit -n \d+.*\n$/);
  });
});
