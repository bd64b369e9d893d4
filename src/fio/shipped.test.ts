import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedJobs } from './shipped.testing.js';

const missing = spawnSync('fio', ['--version']).status === 0 ? '' : ' (skipped: no fio)';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lsio-shipped-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('shippedJobs()', () => {
  // `UPDATE=1 npx vitest run src/fio` writes them anew.
  const directory = new URL('../../fio/', import.meta.url).pathname;

  test('shippedJobs() are what the package ships, no more and no less', () => {
    if (process.env.UPDATE === '1') {
      mkdirSync(directory, { recursive: true });
      for (const [name, text] of shippedJobs()) writeFileSync(join(directory, name), text);
    }
    expect(readdirSync(directory).sort()).toEqual([...shippedJobs().keys()].sort());
    for (const [name, text] of shippedJobs()) expect(readFileSync(join(directory, name), 'utf8')).toBe(text);
  });

  test.skipIf(missing !== '')(`shippedJobs() are jobs that fio takes${missing}`, () => {
    for (const [name, text] of shippedJobs()) {
      writeFileSync(join(root, name), text);
      execFileSync('fio', ['--parse-only', join(root, name)], { stdio: 'pipe' });
    }
  });
});
