import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { named } from './helpers/engine-child.js';
import { publicProgram } from './helpers/nobody.js';
import { runScript } from './helpers/run-lsio.js';

let directory = '';
let cwd = '';
let noHoles: string | undefined;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-modes-'));
  runScript('truncate -s 1M hole', { cwd: directory });
  noHoles = statSync(path.join(directory, 'hole')).blocks === 0 ? undefined : 'no holes on the file system of /tmp';
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
});

function shell(script: string): string {
  const { stdout, stderr, status } = runScript(`set -e\n${script}`, { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.toString();
}

/** Files and directories with many permissions, long ones and such as the thread that writes takes. */
const MAKE = `
  mkdir -p t/open t/closed/deep t/shared 't/read only'
  for mode in 600 640 644 700 755 777 444 4755 2755; do echo $mode > t/open/$mode; chmod $mode t/open/$mode; done
  echo k > t/closed/deep/key; chmod 600 t/closed/deep/key
  echo r > 't/read only/r'
  head -c 20000000 /dev/urandom > t/shared/long; chmod 640 t/shared/long
  chmod 700 t/closed; chmod 711 t/closed/deep; chmod 1777 t/shared; chmod 555 't/read only'`;
const MANY = 'mkdir t/many; (cd t/many; seq 2400 | split -l 2 -a 4); chmod 604 t/many/*a; chmod 750 t/many';
const LIST = "find t -printf '%m %p\\n' | sort -k 2";

describe('lsio get -o keeps permissions as cp -r does', () => {
  test.each([
    ['022', ''],
    ['077', ''],
    ['027', '--overwrite'],
    ['0', '--engine node'],
  ])('umask %s, %s', (umask, options) => {
    shell(`${MAKE}; ${MANY}; umask ${umask}; mkdir cp out; cp -r t cp; lsio get -q -r t ${options} -o out`);
    expect(shell(`cd out; ${LIST}`)).toBe(shell(`cd cp; ${LIST}`));
    shell('diff -r t out/t');
  });

  test('also below a directory that has another name in the output', () => {
    shell(`${MAKE}; lsio get -q -r "$PWD/./t//closed/." -o out`);
    expect(shell(`stat -c %a out$PWD/t/closed out$PWD/t/closed/deep out$PWD/t/closed/deep/key`)).toBe(
      '700\n711\n600\n',
    );
  });

  test('of ranges, too', () => {
    shell(`${MAKE}; lsio get -q -R 0-0 t/closed/deep/key -o out`);
    expect(shell('stat -c %a out/t/closed/deep/key')).toBe('600\n');
  });

  test('unless it is told not to', () => {
    shell(`${MAKE}; umask 027; lsio get -q -r t -o out --no-preserve-mode`);
    expect(shell('find out/t -type f -printf "%m\\n" | sort -u; find out/t -type d -printf "%m\\n" | sort -u')).toBe(
      '640\n750\n',
    );
  });

  test.skipIf(process.getuid?.() !== 0)('for a user who could not write to such a directory', () => {
    shell(`${MAKE}; chmod 755 .. . t; mkdir -m 777 out`);
    const { node, lsio } = publicProgram();
    const user = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
    shell(`cd t; ${user} "${node}" "${lsio}" get -q -r 'read only' -o ../out/o`);
    expect(shell("stat -c %a 'out/o/read only' 'out/o/read only/r'")).toBe('555\n644\n');
  });
});

describe('lsio get -o keeps holes', () => {
  const holes = (name: string, test_: () => void) => test.skipIf(noHoles !== undefined)(named(name, noHoles), test_);
  const blocks = (file: string) => statSync(path.join(cwd, file)).blocks;

  holes('of long and short files, as cp does', () => {
    shell(`
      truncate -s 300M long; printf x | dd of=long bs=1 seek=200M conv=notrunc status=none
      printf y | dd of=long bs=1 seek=31 conv=notrunc status=none
      truncate -s 1M short; printf z | dd of=short bs=1 seek=500000 conv=notrunc status=none
      truncate -s 2M empty
      sync long short; mkdir cp; cp long short empty cp
      lsio get -q long short empty -o out; lsio get -q --engine node --direct on long short empty -o out2`);
    for (const file of ['long', 'short', 'empty']) {
      for (const out of ['out', 'out2']) {
        shell(`cmp ${file} ${out}/${file}`);
        expect(blocks(`${out}/${file}`), `${out}/${file}`).toBeLessThanOrEqual(blocks(`cp/${file}`));
      }
    }
  });

  holes('of ranges, at any offset', () => {
    shell('truncate -s 20M f; printf x | dd of=f bs=1 seek=12345678 conv=notrunc status=none; sync f');
    shell('lsio get -q "f#bytes=12000001-19999999" -o out; tail -c +12000002 f | head -c 7999999 | cmp - out/f');
    expect(blocks('out/f')).toBeLessThan(100);
  });

  holes('and makes none of zeros that take room', () => {
    shell('head -c 10000000 /dev/zero > zeros; cp zeros half; truncate -s 20M half; sync zeros half');
    shell('lsio get -q zeros half -o out; cmp zeros out/zeros; cmp half out/half; sync out/zeros out/half');
    expect(blocks('out/zeros')).toBeGreaterThanOrEqual(blocks('zeros') - 8);
    expect(blocks('out/half')).toBeGreaterThanOrEqual(blocks('half') - 8);
    expect(blocks('out/half')).toBeLessThan(blocks('half') + 100);
  });
});

test('lsio get -o of a file whose holes were filled after it was read writes what was read', async () => {
  const { Holes } = await import('../src/output/holes.js');
  const { loadAtCalls } = await import('../src/native/at.js');
  const file = path.join(cwd, 'f');
  writeFileSync(file, '');
  shell('truncate -s 1M f');
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at < 100_000 ? 0 : at % 251));
  const holes = Holes.of(file, 0, loadAtCalls());
  if (holes === undefined) return expect(loadAtCalls().seek).toBeUndefined();
  const written = new Uint8Array(bytes.length);
  for (const { begin, end } of holes.dataIn(0, bytes)) written.set(bytes.subarray(begin, end), begin);
  holes.close();
  expect(Buffer.from(written).equals(bytes)).toBe(true);
  expect(readFileSync(file).length).toBe(2 ** 20);
});
