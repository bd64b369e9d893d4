import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engineFor, expectBytes, Scratch } from '../../engine/conformance-kit.js';
import { TO_END } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { EIO } from '../../errno.js';
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

  test('ranges of one turn that touch are one read', async () => {
    const { path, bytes } = scratch.file(400_000);
    const watched = watch(engine());
    const store = LocalStore.ofPaths(watched.engine);
    const ranges = Array.from({ length: 50 }, (_, index) => ({ offset: 1001 * index, length: 1001 }));
    const got = await Promise.all(ranges.map((range) => store.getRange(path, range)));
    for (const [index, { offset, length }] of ranges.entries()) {
      expectBytes(Buffer.from(got[index]!), bytes.subarray(offset, offset + length), `range ${index}`);
    }
    expect(watched.reads).toBe(1);
  });

  test('ranges of one turn give the bytes of the file, whatever touches, fails, ends or is given up', async () => {
    const { path, bytes } = scratch.file(50_021);
    const step = fc.record({
      gap: fc.constantFrom(0, 0, 0, 0, 1, -5, 3000),
      length: fc.constantFrom(0, 1, 500, 4096, 20_000),
      isAborted: fc.boolean(),
      isInto: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(5), async (steps, failing) => {
      let reads = 0;
      const watched = watch(engine(), () => (reads++ === failing ? { errno: EIO, bytes: 0 } : undefined));
      const files = new FileCache(watched.engine, () => path);
      const points = new PointReads(watched.engine, files, () => Promise.reject(new Error('not long')));
      const controller = new AbortController();
      let end = 0;
      const asked = steps.map(({ gap, length, isAborted, isInto }) => {
        const offset = Math.max(0, end + gap);
        end = offset + length;
        const into = isInto ? new Uint8Array(length) : undefined;
        const signal = isAborted ? controller.signal : undefined;
        const promise = points.read({ path, offset, length, suffixLength: -1, signal, into, file: files.take('/a') });
        return { offset, length, isAborted, promise };
      });
      const settled = Promise.allSettled(asked.map(({ promise }) => promise));
      controller.abort();
      for (const [index, outcome] of (await settled).entries()) {
        const { offset, length, isAborted } = asked[index]!;
        const expected = bytes.subarray(offset, offset + length);
        if (isAborted) expect(outcome.status).toBe('rejected');
        else if (outcome.status === 'fulfilled') expectBytes(Buffer.from(outcome.value!), expected, `range ${index}`);
        else if (offset < bytes.length || length === 0) expect(outcome.reason).toMatchObject({ code: 'EIO' });
        else expect(outcome.reason.kind).toMatch(/^(range|read)$/);
      }
      // What failed together was read again alone: at most one range fails.
      const failed = (await settled).filter(
        (outcome, index) => outcome.status === 'rejected' && !asked[index]!.isAborted && asked[index]!.offset < 50_021,
      );
      expect(failed.length).toBeLessThanOrEqual(1);
      files.close();
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
