import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CountingEngine } from '../engine/counting.js';
import { openEngine } from '../engine/open.js';
import { LocalStore } from './local/local.js';

test('CountingEngine counts what the engine reads, not what is asked of it', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-counting-'));
  const file = path.join(directory, 'file');
  writeFileSync(file, Buffer.alloc(10_000));
  const engine = new CountingEngine(await openEngine());
  try {
    const range = { offset: 9000, length: 5000 };
    const store = LocalStore.ofPaths(engine);
    for await (const _ of store.getMany([{ key: file }, { key: file, range }, { key: `${file}x` }]));
    expect(engine.counts).toMatchObject({ reads: 3, bytes: 11_000 });
    expect(engine.counts.batches).toBeGreaterThan(0);
    for await (const _ of store.getMany([{ key: file }]));
    expect(engine.counts).toMatchObject({ reads: 4, bytes: 21_000 });
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
