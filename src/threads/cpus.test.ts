import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { usableCpus } from './cpus.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'lsio-cpus-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const all = os.availableParallelism();

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

test('usableCpus() is bounded by the least quota of the groups around the process, of both versions', () => {
  put('a/cpu.max', 'max 100000\n');
  put('a/b/cpu.max', '50000 100000\n');
  put('a/c/cpu.max', `${(all + 5) * 100_000} 100000\n`);
  put('cpu/old/cpu.cfs_quota_us', '10000\n');
  put('cpu/old/cpu.cfs_period_us', '100000\n');
  put('cpu/free/cpu.cfs_quota_us', '-1\n');
  put('cpu/free/cpu.cfs_period_us', '100000\n');
  expect(usableCpus(root, '0::/a')).toBe(all);
  expect(usableCpus(root, '0::/a/b/d')).toBe(1);
  expect(usableCpus(root, '0::/a/c')).toBe(all);
  expect(usableCpus(root, '4:cpu,cpuacct:/old\n0::/a')).toBe(1);
  expect(usableCpus(root, '4:cpu:/free')).toBe(all);
  expect(usableCpus(root, undefined)).toBe(all);
  expect(usableCpus(root, 'what is this')).toBe(all);
});
