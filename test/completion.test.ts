import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runLsio } from './helpers/run-lsio.js';

const LSIO = path.resolve(import.meta.dirname, '../bin/lsio.js');

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-completion-'));
  writeFileSync(path.join(directory, 'lsio'), `#!/bin/sh\nexec '${process.execPath}' '${LSIO}' "$@"\n`);
  chmodSync(path.join(directory, 'lsio'), 0o755);
  writeFileSync(path.join(directory, 'data.bin'), '');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script in a shell that finds lsio; undefined where there is no such shell. */
function runIn(shell: string, args: readonly string[], script: string): string | undefined {
  const { stdout, stderr, error } = spawnSync(shell, [...args, '-c', script], {
    cwd: directory,
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}`, HOME: directory, XDG_CONFIG_HOME: directory },
    timeout: 100_000,
  });
  if (error !== undefined) return undefined;
  expect(stderr.toString()).toBe('');
  return stdout.toString();
}

function inBash(script: string): string | undefined {
  return runIn('bash', ['--norc'], `source <(lsio completion bash)\n${script}`);
}

/** What bash proposes for the last word, as it splits the line: at `=`, too. */
function proposed(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `
    COMP_WORDS=(lsio ${quoted}); COMP_CWORD=${words.length}
    compopt() { :; }
    _lsio lsio "\${COMP_WORDS[-1]}" "\${COMP_WORDS[-2]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return (inBash(script) ?? '').split('\n').filter((line) => line !== '');
}

function complete(...words: string[]) {
  const { status, stdout, stderr } = runLsio(['complete', '--', ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.toString();
}

describe('lsio complete --', () => {
  test('lists commands and options with what they mean', () => {
    expect(complete('ge')).toBe('get\tread files and byte ranges, to stdout or a directory\n:4\n');
    expect(complete('get', '--rec')).toBe(
      '--recursive\tdirectories: every file below them, by the byte order of their paths\n:4\n',
    );
    expect(complete('')).toMatch(/^get\t.*\n(.*\n)*completion\t/);
  });

  test.each(['bench', 'compare-fio', 'tune'])('proposes the time limit of %s', (command) => {
    expect(complete(command, '--time')).toBe('--timeout\tgive up after this time: 10, 500ms, 2m\n:4\n');
  });

  test.each([
    { words: ['get', '--engine', ''], values: ['auto', 'uring', 'node'] },
    { words: ['get', '--engine=u'], values: ['uring'] },
    { words: ['get', 'a', '--checksum', 's'], values: ['sha256'] },
    { words: ['bench', '--log-level', ''], values: ['silent', 'error', 'warn', 'info', 'debug'] },
    { words: ['bench', '--case', 'b'], values: ['big-gaps', 'big-random'] },
    { words: ['tune', '--case', 'w'], values: ['whole-files'] },
    { words: ['bench', '--cache', ''], values: ['cold', 'warm', 'as-is'] },
    { words: ['bench', '--cache', 'cold,w'], values: ['cold,warm'] },
    { words: ['bench', '--engines', 'uring,pro'], values: ['uring,promises'] },
    { words: ['bench', '--engines=c'], values: ['callback'] },
    { words: ['compare-fio', '--timeout', ''], values: [] },
    { words: ['completion', ''], values: ['bash', 'zsh', 'fish'] },
    { words: ['cache', 'e'], values: ['evict'] },
    { words: ['nosuch', ''], values: [] },
    { words: ['get', '--queue-depth', ''], values: [] },
  ])('$words: $values, no file names', ({ words, values }) => {
    expect(complete(...words)).toBe(`${values.map((value) => `${value}\n`).join('')}:4\n`);
  });

  test.each([
    { words: ['get', ''] },
    { words: ['get', '-r', 'da'] },
    { words: ['get', '-o', ''] },
    { words: ['get', '--files-from', 'l'] },
    { words: ['get', '--output-dir=x'] },
    { words: ['bench', '--files', ''] },
    { words: ['bench', ''] },
    { words: ['cache', 'evict', ''] },
  ])('$words: file names', ({ words }) => {
    expect(complete(...words)).toBe(':0\n');
  });
});

describe('lsio completion', () => {
  test.each([[['tcsh']], [[]]])('%j is a usage error', (args) => {
    const { status, stdout, stderr } = runLsio(['completion', ...args]);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^lsio: .*\n {2}→ lsio completion --help\n$/);
  });

  test('bash registers it, also twice', () => {
    expect(inBash('source <(lsio completion bash); complete -p lsio')).toBe('complete -o default -F _lsio lsio\n');
  });

  test('bash proposes commands, options, values, and leaves file names to itself', () => {
    expect(proposed('comp')).toEqual(['compare-fio', 'completion']);
    expect(proposed('get', '--over')).toEqual(['--overwrite']);
    expect(proposed('get', '--engine', '')).toEqual(['auto', 'uring', 'node']);
    expect(proposed('get', '--engine', '=')).toEqual(['auto', 'uring', 'node']);
    expect(proposed('get', '--engine', '=', 'n')).toEqual(['node']);
    expect(proposed('get', 'da')).toEqual([]);
  });

  test('bash runs nothing of what was typed', () => {
    expect(proposed('get', '$(touch ran)', '`touch ran`', ';touch ran', '--over')).toEqual(['--overwrite']);
    expect(() => readFileSync(path.join(directory, 'ran'))).toThrow('ENOENT');
  });

  test('a key pressed in a real bash', () => {
    const script = `
      source <(lsio completion bash)
      bind 'set show-all-if-ambiguous on'
      bind 'set enable-bracketed-paste off'
      PS1=`;
    writeFileSync(path.join(directory, 'bashrc'), script);
    const keys = 'lsio get --overw\\t d\\t\\nexit\\n';
    const typing = `(sleep 1; printf '${keys}'; sleep 2) | script -qec 'bash --rcfile bashrc -i' /dev/null`;
    const out = runIn('bash', ['--norc'], typing);
    expect(out).toMatch(/lsio get --overwrite +data\.bin/);
  });

  test('fish proposes the same', (context) => {
    const out = runIn(
      'fish',
      ['--no-config'],
      'lsio completion fish | source; complete -C "lsio get --engine "; complete -C "lsio get da"',
    );
    if (out === undefined) return context.skip('no fish here: apt-get install fish');
    expect(out.split('\n')).toEqual(['auto', 'node', 'uring', 'data.bin', '']);
  });

  test('zsh reads the script', (context) => {
    const out = runIn(
      'zsh',
      ['-f'],
      'autoload -U compinit && compinit -D; source <(lsio completion zsh); echo $_comps[lsio]',
    );
    if (out === undefined) return context.skip('no zsh here: apt-get install zsh');
    expect(out).toBe('_lsio\n');
  });
});
