import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio, runScript } from './helpers/run-lsio.js';

const SIZES = [0, 1, 4096, 100_003, 300_000];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-requests-'));
  for (const [index, size] of SIZES.entries()) writeFileSync(path.join(directory, `f${index}`), bytesOf(size, index));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bytes that depend on the place and on `seed`, with a prime period, so that no slice can pass for another. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.alloc(
    length,
    Uint8Array.from({ length: 251 }, (_, at) => (at + seed * 7) % 251),
  );
}

function get(args: readonly string[], input: string | Uint8Array = '') {
  return runLsio(['get', '-q', ...args], { cwd: directory, input });
}

interface Asked {
  readonly file: number;
  readonly range: { offset: number; length: number } | { suffixLength: number } | undefined;
}

/** What a request gives; undefined when its range begins past the end. */
function partOf({ file, range }: Asked): Buffer | undefined {
  const all = bytesOf(SIZES[file] ?? 0, file);
  if (range === undefined) return all;
  if ('suffixLength' in range) return all.subarray(all.length - Math.min(range.suffixLength, all.length));
  if (range.length > 0 && range.offset >= all.length) return undefined;
  return all.subarray(range.offset, range.offset + range.length);
}

const requests: fc.Arbitrary<readonly Asked[]> = fc
  .array(
    fc.record({
      file: fc.nat(SIZES.length - 1),
      ranges: fc.array(
        fc.oneof(
          { weight: 8, arbitrary: fc.record({ offset: fc.nat(310_000), length: fc.nat(9000) }) },
          fc.record({ suffixLength: fc.nat(5000) }),
          fc.constant(undefined),
        ),
        { minLength: 1, maxLength: 30 },
      ),
    }),
    { maxLength: 12 },
  )
  .map((files) => files.flatMap(({ file, ranges }) => ranges.map((range) => ({ file, range }))));

describe('lsio get --requests', () => {
  test('gives the bytes asked for, in order, however ranges are merged', () => {
    const merging = fc.constantFrom<string[]>(
      [],
      ['--coalesce', 'off'],
      ['--coalesce', '0'],
      ['--coalesce', '1M', '--max-read', '8M'],
      ['--coalesce', '100k', '--max-read', '1000'],
      ['--coalesce', 'off', '--max-read', '512'],
    );
    fc.assert(
      fc.property(requests, merging, fc.constantFrom('uring', 'node'), (asked, options, engine) => {
        const lines = asked.map(({ file, range }, id) => JSON.stringify({ path: `f${file}`, ...range, id }));
        const parts = asked.map(partOf);
        const args = ['--requests', '-', ...options, ...(engine === 'node' ? ['--engine', 'node'] : [])];
        const { status, stdout } = get(args, lines.join('\n'));
        expect(status).toBe(parts.includes(undefined) ? 1 : 0);
        expect(stdout.equals(Buffer.concat(parts.filter((part) => part !== undefined)))).toBe(true);
        const { items } = documentOf(get([...args, '--discard', '--json'], lines.join('\n')));
        expect(items).toMatchObject(
          asked.map((_, id) => ({ id, bytes: parts[id]?.length ?? 0, ...(parts[id] ? {} : { error: {} }) })),
        );
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test('merges what lies close together', () => {
    const lines = Array.from({ length: 100 }, (_, at) => `{"path":"f4","offset":${at * 1000},"length":100}\n`).join('');
    const args = ['--requests', '-', '--discard', '--json', '--no-items'];
    expect(documentOf(get(args, lines))).toMatchObject({ bytes: 10_000, reads: 1, bytesRead: 99_100 });
    const apart = { bytes: 10_000, reads: 100, bytesRead: 10_000 };
    expect(documentOf(get([...args, '--coalesce', '899'], lines))).toMatchObject(apart);
    expect(documentOf(get([...args, '--coalesce', 'off'], lines))).toMatchObject(apart);
    expect(documentOf(get([...args, '--max-read', '50000'], lines))).toMatchObject({ reads: 2, bytes: 10_000 });
  });

  test('a malformed line fails alone, with its number', () => {
    const lines =
      '{"path":"f1","id":"a"}\n\n  \r\n{"path":"f1","offset":-1,"length":1}\r\n{"path":\n{"path":"nosuch","id":5}\n';
    writeFileSync(path.join(directory, 'list'), `${lines}{"path":"f2","id":"last"}`);
    const result = get(['--requests', 'list', '--discard', '--json']);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /^lsio: list:4: offset -1 .*\nlsio: list:5: is not JSON.*\nlsio: nosuch: no such file/m,
    );
    const { items, failed } = documentOf(result);
    expect(failed).toBe(3);
    expect(items).toHaveLength(5);
    expect(items).toEqual(
      expect.arrayContaining([
        { id: 'a', path: 'f1', offset: 0, bytes: 1 },
        { id: 'last', path: 'f2', offset: 0, bytes: 4096 },
        expect.objectContaining({ id: 5, path: 'nosuch', error: expect.objectContaining({ code: 'ENOENT' }) }),
        expect.objectContaining({ error: expect.objectContaining({ message: expect.stringMatching(/^list:4: /) }) }),
      ]),
    );
  });

  test('--strict refuses a malformed line of any list before anything is read or written', () => {
    const good = '{"path":"f1"}\n'.repeat(5000);
    for (const [args, input, line] of [
      [['--requests', '-'], `${good}{}\n`, 5001],
      [['--files-from', '-'], 'f1\nf1#bytes=5-1\n', 2],
    ] as const) {
      const { status, stdout, stderr } = get([...args, '--strict', '-o', 'strict'], input);
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(`lsio: -:${line}: `);
      expect(get(['strict/f1']).status).toBe(1);
    }
    const served = get(['--requests', '-', '--strict', '--discard', '--json', '--no-items'], good);
    expect(documentOf(served)).toMatchObject({ bytes: 5000, failed: 0 });
    const piped = 'lsio get -q --strict --requests <(printf \'{"path":"f1"}\') --files-from <(echo f2) | wc -c';
    expect(runScript(piped, { cwd: directory }).stdout.toString().trim()).toBe('4097');
  });

  test('takes lines of up to 1 MiB, and names of any bytes', () => {
    const long = JSON.stringify({ path: 'f1', id: 'x'.repeat(1_000_000) });
    expect(documentOf(get(['--requests', '-', '--discard', '--json'], `${long}\n`))).toMatchObject({ bytes: 1 });
    const { status, stderr } = get(['--requests', '-', '--discard'], `{"path":"f1","id":"${'x'.repeat(1_100_000)}"}`);
    expect(status).toBe(2);
    expect(stderr).toContain('a line of over 1 MiB');
    const script = `printf odd > "$(printf 'a\\xff\\xc3\\xa9')"; printf '{"path":"a\\\\udcff\\\\u00e9"}' | lsio get -q --requests -`;
    expect(runScript(script, { cwd: directory }).stdout.toString()).toBe('odd');
  });

  test('refuses sizes and options that make no sense', () => {
    for (const args of [
      ['--coalesce', 'on'],
      ['--coalesce', '-1'],
      ['--max-read', '0'],
      ['--max-read', '9M'],
      ['--max-read', '511'],
      ['--checksum', 'sha256'],
      ['--checksum', 'md5', '--discard'],
      ['--exclude', '', '--discard'],
    ]) {
      expect([args, get(['f1', ...args]).status]).toEqual([args, 2]);
    }
  });
});
