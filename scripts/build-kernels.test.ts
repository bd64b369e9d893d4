import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('build-kernels --check the checked-in module is what its source compiles to', () => {
  const { status, stderr } = spawnSync('scripts/build-kernels', ['--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 120_000);
