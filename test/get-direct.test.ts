import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directAlignment } from '../src/native/libc.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const BYTES = Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251));
const TMPFS = '/dev/shm';

let directory = '';
let inMemory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-get-direct-'));
  writeFileSync(path.join(directory, 'a'), BYTES);
  try {
    inMemory = mkdtempSync(path.join(TMPFS, 'lsio-get-direct-'));
    writeFileSync(path.join(inMemory, 'b'), BYTES);
  } catch {
    inMemory = '';
  }
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  if (inMemory !== '') rmSync(inMemory, { recursive: true, force: true });
});

describe('lsio get --direct', () => {
  test('says in the JSON document how the bytes came', (context) => {
    context.skip(directAlignment(path.join(directory, 'a')) === undefined, 'no O_DIRECT in the temporary directory');
    for (const [choice, direct] of [
      ['on', 'on'],
      ['off', 'off'],
      ['auto', 'off'],
    ]) {
      const result = runLsio(['get', 'a', '--discard', '--json', '--direct', choice!], { cwd: directory });
      expect(result.stderr).not.toContain('page cache');
      expect(documentOf(result)).toMatchObject({ direct, bytes: 5000, failed: 0 });
    }
  });

  test('on gives the same bytes, also of ranges', () => {
    const ranges = ['0-99', '511-512', '513-', '-7'].flatMap((range) => ['-R', range]);
    const { stdout, status } = runLsio(['get', 'a', '--direct', 'on', ...ranges], { cwd: directory });
    const parts = [BYTES.subarray(0, 100), BYTES.subarray(511, 513), BYTES.subarray(513), BYTES.subarray(-7)];
    expect({ status, same: stdout.equals(Buffer.concat(parts)) }).toEqual({ status: 0, same: true });
  });

  test('on says once, and in the document, what could not be read directly', (context) => {
    context.skip(inMemory === '', `no tmpfs at ${TMPFS}`);
    const paths = [path.join(inMemory, 'b'), path.join(inMemory, 'b'), '/proc/version'];
    const result = runLsio(['get', ...paths, '--discard', '--json', '--direct', 'on']);
    expect(documentOf(result)).toMatchObject({ direct: 'off', failed: 0 });
    const said = result.stderr.split('\n').filter((line) => line.includes('page cache'));
    // Which of them is read first is not said.
    expect(said).toHaveLength(1);
    const [words, first] = said[0]!.split(': no O_DIRECT for ');
    expect(words).toBe('lsio: 3 of 3 reads went through the page cache');
    expect(paths).toContain(first);
    expect(runLsio(['get', ...paths, '--discard', '--direct', 'on', '-q']).stderr).toBe('');
    expect(runLsio(['get', ...paths, '--discard', '--direct', 'auto']).stderr).not.toContain('page cache');
  });

  test('with both kinds of files is mixed', (context) => {
    context.skip(inMemory === '', `no tmpfs at ${TMPFS}`);
    const file = path.join(directory, 'a');
    context.skip(directAlignment(file) === undefined, 'no O_DIRECT in the temporary directory');
    const result = runLsio(['get', file, path.join(inMemory, 'b'), '--discard', '--json', '--direct', 'on']);
    expect(documentOf(result)).toMatchObject({ direct: 'mixed', failed: 0 });
    expect(result.stderr).toContain('lsio: 1 of 2 reads went through the page cache');
  });

  test('and --color take the choices that they have', () => {
    for (const args of [
      ['--direct', 'sideways'],
      ['--color', 'sometimes'],
    ]) {
      expect(runLsio(['get', 'a', '--discard', ...args], { cwd: directory }).status).toBe(2);
    }
    for (const choice of ['auto', 'always', 'never']) {
      expect(runLsio(['get', 'a', '--discard', '--color', choice], { cwd: directory }).status).toBe(0);
    }
  });
});
