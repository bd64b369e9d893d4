import { expect, test } from 'vitest';
import { engineFor, Scratch } from '../../engine/conformance-kit.js';
import { TO_END } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { onEachEngine, watch } from '../../read/read.testing.js';
import { FileCache } from './file-cache.js';
import { LocalStore } from './local.js';
import { PointReads } from './point-reads.js';

onEachEngine((name) => {
  const scratch = new Scratch();
  const engine = engineFor(() => openEngine({ engine: name, queueDepth: 4 }));

  test('a value that is too long for one read is opened twice, and its size asked for once', async () => {
    const { path, bytes } = scratch.file(9 * 1024 * 1024 + 5);
    const watched = watch(engine());
    let asked = 0;
    const points = new PointReads(watched.engine, new FileCache(watched.engine, () => path), async (_, sizeBytes) => {
      asked++;
      expect(sizeBytes).toBe(bytes.length);
      return undefined;
    });
    const whole = { path, offset: 0, length: TO_END, suffixLength: -1, into: undefined };
    await points.read({ ...whole, signal: undefined, file: undefined });
    expect([asked, watched.reads]).toEqual([1, 1]);
    // With that size no other is asked for: the parts are read at once.
    const got = await LocalStore.ofPaths(watched.engine).get(path);
    expect(bytes.equals(got!)).toBe(true);
    expect(watched.shares).toBe(1);
  });

  test('a read that was aborted while it waited for its turn is not made', async () => {
    const { path } = scratch.file(5000);
    const watched = watch(engine());
    const files = new FileCache(watched.engine, () => path);
    const points = new PointReads(watched.engine, files, () => Promise.reject(new Error('not long')));
    const controller = new AbortController();
    const whole = { path, offset: 0, length: 100, suffixLength: -1, into: undefined };
    const reads = Array.from({ length: 1000 }, (_, at) => {
      const [signal, file] = [at < 10 ? undefined : controller.signal, at % 2 === 0 ? files.take('/a') : undefined];
      return points.read({ ...whole, signal, file });
    });
    controller.abort();
    const settled = await Promise.allSettled(reads);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(watched.reads).toBeLessThanOrEqual(14);
    files.close();
  });
});
