import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

describe('README', () => {
  test('the library example runs as it is written', () => {
    const [, example = ''] = /```js\n(.*?)```/s.exec(readFileSync(path.join(ROOT, 'README.md'), 'utf8')) ?? [];
    expect(example).toContain('LocalStore.open');
    const directory = mkdtempSync(path.join(tmpdir(), 'lsio-readme-'));
    try {
      mkdirSync(path.join(directory, 'data'));
      writeFileSync(path.join(directory, 'data/a.bin'), Buffer.alloc(10_000, 1));
      writeFileSync(path.join(directory, 'data/b.bin'), Buffer.alloc(234, 2));
      // Node 20 has no `await using`: the same by hand. The package's own name is what a user would have installed.
      const runnable = example
        .replace("'light-speed-io'", `'${path.join(ROOT, 'dist/index.js')}'`)
        .replace('await using store', 'const store');
      writeFileSync(path.join(directory, 'example.mjs'), `${runnable}\nawait store.close();\n`);
      const output = execFileSync('node', ['example.mjs'], { cwd: directory, encoding: 'utf8' });
      expect(output).toBe('10000 100 8 2 10234\n');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
