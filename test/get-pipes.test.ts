import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring, ROOT } from './helpers/engine-child.js';

const LSIO = path.join(ROOT, 'bin/lsio.js');
const ENGINES = [
  { engine: 'uring', skip: noUring },
  { engine: 'node', skip: undefined },
];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-pipes-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script of bash, in which `lsio` reads by one engine. */
function bash(engine: string, script: string) {
  const prelude = `lsio() { "${process.execPath}" "${LSIO}" "$1" --engine ${engine} -q "\${@:2}"; }\n`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', prelude + script], {
    cwd: directory,
    maxBuffer: 2 ** 28,
    timeout: 100_000,
  });
  return { status, stdout, stderr: stderr.toString() };
}

describe.each(ENGINES)('lsio get of pipes, engine $engine', ({ engine, skip }) => {
  const testPipe = test.skipIf(skip !== undefined);

  testPipe.each([
    'echo hi',
    'true',
    'seq 2000000',
    'sleep 0.5; echo hi',
    'printf a; sleep 0.2; printf b; sleep 0.2; seq 200000',
  ])(named('reads all of <(%s), as cat does', skip), (command) => {
    const expected = execFileSync('bash', ['-c', command], { maxBuffer: 2 ** 28 });
    for (const { status, stdout, stderr } of [
      bash(engine, `lsio get <(${command})`),
      bash(engine, `{ ${command}; } | lsio get /dev/stdin`),
    ]) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.equals(expected)).toBe(true);
    }
  });

  testPipe(named('reads several pipes and files in the order given', skip), () => {
    writeFileSync(path.join(directory, 'file'), 'file\n');
    const { status, stdout } = bash(engine, 'lsio get <(sleep 0.3; seq 3) file <(echo last)');
    expect({ status, text: stdout.toString() }).toEqual({ status: 0, text: '1\n2\n3\nfile\nlast\n' });
  });

  testPipe(named('reads a file that is standard input', skip), () => {
    writeFileSync(path.join(directory, 'input'), Buffer.alloc(3_000_000, 'abcdefg'));
    const { status, stdout } = bash(engine, 'lsio get /dev/stdin < input');
    expect(status).toBe(0);
    expect(stdout.equals(readFileSync(path.join(directory, 'input')))).toBe(true);
  });

  testPipe.each(['2-3', '0-1', '2-', '-2'])(named('refuses the range %s of what cannot seek', skip), (range) => {
    execFileSync('mkfifo', ['-m', '600', path.join(directory, `fifo-${engine}${range}`)]);
    // Opened to read and write, a FIFO needs no second process, which would wait for ever where lsio opens nothing.
    for (const script of [
      `printf abcdef | lsio get -R ${range} /dev/stdin`,
      `lsio get -R ${range} <(printf abcdef)`,
      `exec 3<>fifo-${engine}${range}; printf abcdef >&3; lsio get -R ${range} fifo-${engine}${range} 3>&-`,
    ]) {
      const { status, stdout, stderr } = bash(engine, script);
      expect({ status, text: stdout.toString() }, script).toEqual({ status: 1, text: '' });
      expect(stderr).toMatch(/not a regular file/);
    }
  });
});
