import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { runLsio, runScript } from './helpers/run-lsio.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-equal-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bytes that depend on the place and on the file, with a prime period, so that no part can pass for another. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.alloc(
    length,
    Uint8Array.from({ length: 251 }, (_, at) => (at + seed * 7) % 251),
  );
}

/** A file to be made. A name is bytes, one a character. */
interface AnyFile {
  readonly parts: readonly string[];
  readonly length: number;
  /** Nothing but zeros, save for a few bytes in the middle. */
  readonly sparse: boolean;
}

const ODD_NAMES = [
  'a',
  'new\nline',
  '\n',
  ' ',
  'a b ',
  '-rf',
  '--',
  '-',
  '~',
  '*',
  '[ab]',
  '{a,b}',
  '!',
  '#bytes=0-1',
  'a#bytes=9-1',
  '.hidden',
  '...',
  '"',
  "'",
  '\\',
  '\\n',
  '$HOME',
  '%s',
  '\t\x01\x7f',
  '\xff\xfe',
  '\xc3\xa9',
  'a\xcc\x81',
  'x'.repeat(101),
  '\xe9'.repeat(150),
];

const anyName = fc.oneof(
  fc.constantFrom(...ODD_NAMES),
  fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 })
    .map((codes) => String.fromCharCode(...codes).replaceAll('/', '_'))
    .filter((name) => name !== '.' && name !== '..'),
);
const anyLength = fc.oneof(fc.constantFrom(0, 1, 4095, 4096, 4097, 8192, 8193, 65_536, 1_048_577), fc.nat(100_000));
const anyFile = fc.record<AnyFile>({
  parts: fc.array(anyName, { minLength: 1, maxLength: 3 }),
  length: anyLength,
  sparse: fc.boolean(),
});
const anyTree = fc.array(anyFile, { minLength: 1, maxLength: 16 });

/** What every tree has besides: a file that comes in pieces, and one of mostly nothing. */
const LONG_FILES: readonly AnyFile[] = [
  { parts: ['long', 'bytes'], length: 8 * 1024 * 1024 + 4099, sparse: false },
  { parts: ['long', 'nothing'], length: 20_000_003, sparse: true },
];
const MARK = Buffer.from('here');

/** Makes the files below `tree/` of a fresh directory. */
function plant(files: readonly AnyFile[]): { readonly cwd: string; readonly names: readonly string[] } {
  const cwd = mkdtempSync(path.join(directory, 'tree-'));
  const names = [...LONG_FILES, ...files].flatMap((file, seed) => {
    const name = ['tree', ...file.parts].join('/');
    const whole = Buffer.from(`${cwd}/${name}`, 'latin1');
    try {
      mkdirSync(whole.subarray(0, whole.lastIndexOf('/')), { recursive: true });
      writeFileSync(whole, file.sparse ? '' : bytesOf(file.length, seed), { flag: 'wx' });
    } catch (error) {
      // A name is there already, or a file where a directory should be: the first one stays.
      if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
    if (file.sparse) makeSparse(whole, file.length);
    return [name];
  });
  return { cwd, names };
}

function makeSparse(name: Buffer, length: number): void {
  truncateSync(name, length);
  if (length < MARK.length) return;
  const fd = openSync(name, 'r+');
  writeSync(fd, MARK, 0, MARK.length, Math.floor((length - MARK.length) / 2));
  closeSync(fd);
}

/** A name of any bytes, as bash takes it. */
function quoted(name: string): string {
  return `$'${[...name].map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`;
}

/** A failure is shown as it was found, after some seconds of looking for a smaller one. */
const LIMITS = { interruptAfterTimeLimit: 15_000 };
const CLEAN = { status: 0, stderr: '' };

describe.each(['uring', 'node'])('lsio get --engine %s', (engine) => {
  const skip = engine === 'uring' ? noUring : undefined;

  /** A script for bash in which `get` is `lsio get` by this engine. */
  function run(script: string, cwd: string, input?: string | Uint8Array) {
    const env = { LC_ALL: 'C', ENGINE: engine };
    const prelude = 'set -o pipefail; get() { lsio get -q --engine "$ENGINE" "$@"; }\n';
    return runScript(prelude + script, { cwd, env, ...(input === undefined ? {} : { input }) });
  }

  /** What a script writes to the files `ours` and `theirs`. */
  function expectEqual(script: string, cwd: string, input?: string | Uint8Array): void {
    const { status, stderr } = run(`set -e\n${script}\ncmp ours theirs`, cwd, input);
    expect({ status, stderr }).toEqual(CLEAN);
  }

  test.skipIf(skip !== undefined)(named('gives what cat, cp -r and tar give of any tree', skip), () => {
    fc.assert(
      fc.property(anyTree, (files) => {
        const { cwd } = plant(files);
        expectEqual(
          `get -r tree > ours
           find tree -type f -print0 | sort -z | xargs -0 cat -- > theirs`,
          cwd,
        );
        const script = `set -e
          get -r tree -o out; cp -r tree copy; diff -r copy out/tree
          mkdir tar; get -r --tar tree | tar -xf - -C tar; diff -r copy tar/tree
          find out tar -name '.lsio-*'`;
        const { status, stdout, stderr } = run(script, cwd);
        expect({ status, stderr, stdout: stdout.toString() }).toEqual({ ...CLEAN, stdout: '' });
        rmSync(cwd, { recursive: true });
      }),
      { numRuns: 3, ...LIMITS },
    );
  });

  test.skipIf(skip !== undefined)(named('gives what cat gives of a list in any order, with repeats', skip), () => {
    fc.assert(
      fc.property(anyTree, fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (files, picks) => {
        const { cwd, names } = plant(files);
        const list = picks.map((pick) => `${names[pick % names.length]}\0`).join('');
        writeFileSync(path.join(cwd, 'list'), Buffer.from(list, 'latin1'));
        expectEqual('get --files0-from list > ours; xargs -0a list cat -- > theirs', cwd);
        rmSync(cwd, { recursive: true });
      }),
      { numRuns: 3, ...LIMITS },
    );
  });

  test.skipIf(skip !== undefined)(named('gives what dd gives of any ranges', skip), () => {
    const anyRange = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: anyLength, pick: fc.nat() });
    fc.assert(
      fc.property(anyTree, fc.array(anyRange, { minLength: 1, maxLength: 12 }), (files, ranges) => {
        const { cwd, names } = plant([...files, { parts: ['some'], length: 5000, sparse: false }]);
        const asked = ranges.flatMap(({ at, length, pick }) => {
          const name = names[pick % names.length]!;
          const size = readFileSync(Buffer.from(`${cwd}/${name}`, 'latin1')).length;
          // Nothing begins at the end, and a range of HTTP is never empty.
          return size === 0 ? [] : [{ name, first: Math.min(Math.floor(at * size), size - 1), length: length + 1 }];
        });
        fc.pre(asked.length > 0);
        const inPaths = asked.map(({ name, first, length }) => `${name}#bytes=${first}-${first + length - 1}`);
        const dd = asked.map(
          ({ name, first, length }) =>
            `dd if=${quoted(name)} bs=1M iflag=skip_bytes,count_bytes skip=${first} count=${length} status=none`,
        );
        expectEqual(`get -- ${inPaths.map(quoted).join(' ')} > ours\n{ ${dd.join('; ')}; } > theirs`, cwd);
        rmSync(cwd, { recursive: true });
      }),
      { numRuns: 4, ...LIMITS },
    );
  });

  test.skipIf(skip !== undefined)(named('gives what cat and cp give of files that state no size', skip), () => {
    const cwd = mkdtempSync(path.join(directory, 'proc-'));
    const files =
      '/proc/version /proc/filesystems /proc/devices /proc/crypto /sys/kernel/mm/transparent_hugepage/enabled';
    expectEqual(
      `get ${files} > ours; cat ${files} > theirs
       get -o out ${files}; mkdir copy; cp --parents ${files} copy; diff -r copy out
       mkdir tar; get --tar ${files} | tar -xf - -C tar; diff -r copy tar`,
      cwd,
    );
  });
});

test('the comparison would see one wrong byte', () => {
  const { cwd } = plant([]);
  const { status, stdout } = runScript(
    `lsio get -q -r tree -o out; printf x | dd of=out/tree/long/nothing bs=1 seek=77 conv=notrunc status=none
     diff -rq tree out/tree`,
    { cwd },
  );
  expect({ status, stdout: stdout.toString() }).toEqual({
    status: 1,
    stdout: 'Files tree/long/nothing and out/tree/long/nothing differ\n',
  });
});

test('--requests gives the ranges with their ids, and dd the same bytes', () => {
  const { cwd, names } = plant([{ parts: ['a b', 'new\nline'], length: 70_000, sparse: false }]);
  const lines = names.map((name, id) => JSON.stringify({ path: name, offset: 65 + id, length: 5000, id: `n${id}` }));
  const { status, stdout, stderr } = runLsio(['get', '-q', '--requests', '-'], { cwd, input: lines.join('\n') });
  const dd = names.map(
    (name, id) => `dd if=${quoted(name)} bs=1M iflag=skip_bytes,count_bytes skip=${65 + id} count=5000 status=none`,
  );
  expect({ status, stderr }).toEqual(CLEAN);
  expect(stdout.equals(runScript(dd.join('\n'), { cwd }).stdout)).toBe(true);
  const document = runLsio(['get', '-q', '--requests', '-', '--discard', '--json'], { cwd, input: lines.join('\n') });
  expect(
    JSON.parse(document.stdout.toString()).items.map(({ id, offset }: Record<string, unknown>) => [id, offset]),
  ).toEqual(names.map((_, id) => [`n${id}`, 65 + id]));
});
