import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type ChunkedArray, computeStatistics, type JobCounts, openSource, readArray } from '../dist/index.js';
import { ROOT } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const directory = mkdtempSync(path.join(os.tmpdir(), 'lsio-workers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Store {
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly dtype: 'float32' | 'int16' | 'uint8';
  /** Every so many chunks one is not stored; 0: all are. */
  readonly absent: number;
}

const ARRAYS = { float32: Float32Array, int16: Int16Array, uint8: Uint8Array };

/** Raw Zarr v3. Values tell their place; of floats some are missing. */
function writeStore({ name, shape, chunks, dtype, absent }: Store): string {
  const root = path.join(directory, name);
  mkdirSync(root, { recursive: true });
  writeFileSync(
    path.join(root, 'zarr.json'),
    JSON.stringify({
      ...{ zarr_format: 3, node_type: 'array', shape, data_type: dtype, fill_value: 3 },
      chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '.' } },
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    }),
  );
  const grid = shape.map((length, axis) => Math.ceil(length / chunks[axis]!));
  const elements = chunks.reduce((a, b) => a * b, 1);
  let number = 0;
  for (let y = 0; y < grid[0]!; y++) {
    for (let x = 0; x < grid[1]!; x++, number++) {
      if (absent > 0 && number % absent === absent - 1) continue;
      const values = new ARRAYS[dtype](elements);
      for (let i = 0; i < elements; i++) {
        values[i] = dtype === 'float32' && i % 7 === 3 ? Number.NaN : ((number * 31 + i * 7) % 251) / 2;
      }
      writeFileSync(path.join(root, `c.${y}.${x}`), values);
    }
  }
  return root;
}

/**
 * The array, as a thread sees it that begins only once others have done something.
 *
 * @param tells whether workers ask this thread where chunks are: then the others aren't held back for long.
 */
function heldBack(
  array: ChunkedArray,
  tells: boolean,
): { array: ChunkedArray; onProgress: (counts: JobCounts) => void } {
  let [chunks, asked] = [0, 0];
  async function* refs(...args: Parameters<ChunkedArray['refs']>) {
    if (asked++ === 0) for (let tries = 0; chunks === 0 && tries < 500; tries++) await delay(10);
    yield* array.refs(...args);
  }
  const onProgress = (counts: JobCounts) => {
    chunks = counts.chunks;
  };
  const refsSpec = tells ? undefined : array.refsSpec;
  return { array: { ...array, refs, refsSpec, stored: (signal) => array.stored(signal) }, onProgress };
}

const stores = fc.record({
  shape: fc.tuple(fc.integer({ min: 20, max: 40 }), fc.integer({ min: 20, max: 40 })),
  chunks: fc.tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 })),
  dtype: fc.constantFrom('float32', 'int16', 'uint8'),
  absent: fc.constantFrom(0, 0, 3),
  workers: fc.integer({ min: 2, max: 4 }),
  over: fc.constantFrom('all' as const, ['dim_0']),
  isShared: fc.boolean(),
  tells: fc.boolean(),
});

test('one thread and many give the same elements and the same bits of statistics', async () => {
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(stores, async ({ workers, over, isShared, tells, ...store }) => {
      const root = writeStore({ ...store, name: `random${stored++}` });
      await using source = await openSource(root);
      const array = source.arrays[0]!.array!;
      const alone = await readArray(array, { workers: 1 });
      expect(alone.workers).toBe(1);
      const held = heldBack(array, tells);
      const memory = isShared ? new SharedArrayBuffer(alone.bytes.length) : new ArrayBuffer(alone.bytes.length);
      const into = new Uint8Array(memory);
      const together = await readArray(held.array, { workers, into, onProgress: held.onProgress });
      expect(Buffer.compare(alone.bytes, together.bytes)).toBe(0);
      expect(together.workers).toBeGreaterThan(1);
      expect(together).toMatchObject({ chunks: alone.chunks, chunksMissing: alone.chunksMissing });
      const reductions =
        over === 'all' ? ['mean', 'std', 'min', 'max', 'sum', 'q0.3', 'hist:5'] : ['mean', 'var', 'sum'];
      const one = await computeStatistics(source, array, { workers: 1, over, reductions });
      const heldAgain = heldBack(array, tells);
      const many = await computeStatistics(source, heldAgain.array, {
        ...{ workers, over, reductions, onProgress: heldAgain.onProgress },
      });
      expect({ ...many, workers: 1 }).toEqual(one);
      if (over === 'all') return;
      expect(many.workers).toBeGreaterThan(1);
    }),
    { numRuns: 4 },
  );
});

describe('a job that fails', () => {
  const store = { name: 'damaged', shape: [64, 64], chunks: [4, 4], dtype: 'int16', absent: 0 } as const;

  test('ends for all threads, and says once which chunk it was', async () => {
    const root = writeStore(store);
    truncateSync(path.join(root, 'c.7.9'), 5);
    await using source = await openSource(root);
    const array = source.arrays[0]!.array!;
    for (let round = 0; round < 3; round++) {
      const held = heldBack(array, false);
      const failing = readArray(held.array, { workers: 3, onProgress: held.onProgress });
      await expect(failing).rejects.toMatchObject({
        ...{ name: 'LsioError', kind: 'format' },
        message: expect.stringMatching(/^\/c\.7\.9: .*5 bytes.*32/),
      });
    }
    const skipped: string[] = [];
    const held = heldBack(array, false);
    const result = await computeStatistics(source, held.array, {
      ...{ workers: 3, skipErrors: true, onProgress: held.onProgress },
      onFailure: ({ message }) => skipped.push(message),
    });
    expect(result).toMatchObject({ chunksFailed: 1, chunks: 256 });
    expect(skipped).toEqual([expect.stringContaining('/c.7.9')]);
  });

  test('rejects with the reason of its signal', async () => {
    await using source = await openSource(writeStore({ ...store, name: 'aborted' }));
    const stop = new AbortController();
    const held = heldBack(source.arrays[0]!.array!, false);
    const onProgress = () => stop.abort('enough');
    await expect(readArray(held.array, { workers: 2, signal: stop.signal, onProgress })).rejects.toBe('enough');
  });
});

describe('however a process ends while workers read', () => {
  const endings = [
    { name: 'it exits', end: 'process.exit(7);', status: 7 },
    { name: 'it throws', end: `throw new Error('by the test');`, status: 1 },
    { name: 'it closes the source', end: `void source.close();`, status: 0 },
    { name: 'it aborts', end: 'stop.abort();', status: 0 },
    { name: 'it forgets the job', end: 'over = true;', status: 0 },
    { name: 'it exits at once', end: '', before: 'setImmediate(() => process.exit(5));', status: 5 },
  ];

  test.each([...endings, { ...endings[0]!, name: 'it exits with the portable engine', engine: 'node' }])(
    '$name: its exit code is its own',
    ({
      end,
      status,
      before = '',
      engine = 'auto',
    }: {
      end: string;
      status: number;
      before?: string;
      engine?: string;
    }) => {
      const root = writeStore({ name: 'endings', shape: [96, 96], chunks: [6, 6], dtype: 'float32', absent: 0 });
      const program = `
        import { openSource, readArray, computeStatistics } from '${ROOT}/dist/index.js';
        const source = await openSource('${root}', { engine: '${engine}' });
        const whole = source.arrays[0].array;
        // This thread is slow: most is done by the others.
        async function* refs(...args) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield* whole.refs(...args);
        }
        const array = { ...whole, refs };
        const stop = new AbortController();
        let [over, ended] = [false, false];
        const options = { workers: 3, signal: stop.signal, onProgress: () => {} };
        ${before}
        const loop = (async () => {
          while (!over) {
            const { workers } = await readArray(array, options);
            await computeStatistics(source, array, options);
            if (workers < 2 || ended) continue;
            ended = true;
            setTimeout(() => { ${end} }, 3);
          }
          await source.close();
        })();
        await loop.catch((error) => { if (error.kind !== 'closed' && error.name !== 'AbortError') throw error; });`;
      const args = ['--input-type=module', '-e', program];
      const ended = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
      expect(ended).toMatchObject({ status, signal: null });
      if (status !== 1) expect(ended.stderr).toBe('');
    },
  );

  test('a thread of the user that has workers may be terminated', () => {
    const root = writeStore({ name: 'nested', shape: [96, 96], chunks: [6, 6], dtype: 'float32', absent: 0 });
    const body = `
      import { parentPort } from 'node:worker_threads';
      import { openSource, readArray } from 'file://${ROOT}/dist/index.js';
      const source = await openSource('${root}');
      const whole = source.arrays[0].array;
      async function* refs(...args) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield* whole.refs(...args);
      }
      for (let told = false; ; ) {
        const { workers } = await readArray({ ...whole, refs }, { workers: 2 });
        if (workers > 1 && !told) parentPort.postMessage('reading');
        told ||= workers > 1;
      }`;
    const program = `
      import { Worker } from 'node:worker_threads';
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(body)})));
      worker.once('message', async () => { await worker.terminate(); console.log('terminated'); });`;
    const args = ['--input-type=module', '-e', program];
    const ended = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: 'terminated\n', stderr: '' });
  });
});

test('jobs that end before their threads are ready leave these to the next job', () => {
  const root = writeStore({ name: 'ten-jobs', shape: [40, 40], chunks: [4, 4], dtype: 'int16', absent: 0 });
  const program = `
    import { openSource, readArray } from 'file://${ROOT}/dist/index.js';
    let started = 0;
    process.on('worker', () => started++);
    const source = await openSource('${root}');
    for (let job = 0; job < 10; job++) await readArray(source.arrays[0].array, { workers: 3 });
    await source.close();
    console.log(started);`;
  const args = ['--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  expect(stderr).toBe('');
  expect(Number(stdout)).toBeLessThanOrEqual(2);
});

test.skipIf(os.availableParallelism() < 2)('many short jobs of crops have a second thread, as one long one has', () => {
  const store = writeStore({ name: 'short-jobs', shape: [2000, 2000], chunks: [250, 250], dtype: 'int16', absent: 0 });
  // 800 MB, of which a job makes a twelfth.
  const result = documentOf(runLsio(['crops', store, '--size', '500,500', '-n', '1600', '--json']));
  expect(result).toMatchObject({ crops: 1600, bytes: 8e8 });
  expect(result.workers).toBeGreaterThan(1);
});

describe('lsio read --workers', () => {
  const store = { name: 'command', shape: [40, 40], chunks: [4, 4], dtype: 'int16', absent: 0 } as const;

  test('reads the same with any number of them, and where no thread can be started', () => {
    const root = writeStore(store);
    const documents = ['1', '3', 'auto'].map((workers) => {
      const output = path.join(directory, `${workers}.npy`);
      return documentOf(runLsio(['read', root, '-o', output, '--workers', workers, '--json']));
    });
    const files = ['1', '3', 'auto'].map((workers) => readFileSync(path.join(directory, `${workers}.npy`)));
    expect(files.every((file) => file.equals(files[0]!))).toBe(true);
    expect(documents[0]).toMatchObject({ workers: 1, chunks: 100 });
    // Little work is done before a thread could start.
    expect(documents[2]).toMatchObject({ workers: 1 });
    const hook = path.join(directory, 'no-threads.cjs');
    writeFileSync(hook, `if (!require('node:worker_threads').isMainThread) throw new Error('by the test');`);
    const alone = runLsio(['stats', root, '--workers', '3', '--json'], { env: { NODE_OPTIONS: `--require ${hook}` } });
    expect(documentOf(alone)).toMatchObject({ workers: 1, chunks: 100 });
  });

  test.each(['0', '-1', '1.5', 'many'])('%s is refused', (workers) => {
    const { status, stderr } = runLsio(['read', 'x.zarr', '--workers', workers]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('--workers') });
  });
});
