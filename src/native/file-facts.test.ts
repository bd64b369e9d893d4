import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { factsOfStats } from './file-facts.js';

test('factsOfStats() tells kinds, sizes and devices', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-facts-'));
  const at = (name: string) => path.join(directory, name);
  writeFileSync(at('file'), 'five.');
  execFileSync('mkfifo', [at('fifo')]);
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const stat = execFileSync('stat', ['-c', '%Hd:%Ld', at('file')], { encoding: 'utf8' }).trim();
    expect(factsOfStats(statSync(at('file')))).toEqual({ kind: 'file', sizeBytes: 5, device: stat });
    const kinds = ['.', 'fifo', 'socket'].map((name) => factsOfStats(statSync(at(name))).kind);
    expect([...kinds, factsOfStats(statSync('/dev/null')).kind]).toEqual(['directory', 'fifo', 'other', 'character']);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
