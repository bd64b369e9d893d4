import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChildRunner } from '../src/bench/child-runner.js';
import type { ReaderName } from '../src/bench/reader.js';
import type { Workload, WorkloadFile } from '../src/workload/workload.js';
import { noUring, ROOT } from './helpers/engine-child.js';

const FILES = 5;
const FILE_BYTES = 1000;
/** Only a hang reaches it. */
const WAIT = { timeout: 60_000, interval: 10 };

/** Its processes are started from a file of dist. */
const built: { ChildRunner: typeof ChildRunner } = await import(`${ROOT}/dist/bench/child-runner.js`);

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-child-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Whole files, the n-th of n × 1,000 bytes. */
function makeWork(name: string): Workload {
  const files = Array.from({ length: FILES }, (_, index): WorkloadFile => {
    const size = (index + 1) * FILE_BYTES;
    const file = path.join(directory, `${name}${index}`);
    writeFileSync(
      file,
      Uint8Array.from({ length: size }, (_, at) => (at + index) % 251),
    );
    return { path: file, size };
  });
  return {
    case: 'whole-files',
    wholeFiles: true,
    files,
    fileOf: Uint32Array.from(files.keys()),
    offsets: new Float64Array(FILES),
    lengths: Float64Array.from(files, (file) => file.size),
    operations: FILES,
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}

function start(work: Workload, reader: ReaderName, rings: number, signal?: AbortSignal): Promise<ChildRunner> {
  const setup = {
    reader,
    work,
    queueDepth: 2,
    rings,
    alignBytes: undefined,
    latency: true,
    readOrder: 'given',
  } as const;
  return built.ChildRunner.start(setup, 2, signal);
}

/** Waits until none of these processes is left. A loaded machine takes its time to end them. */
async function expectEnded(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), WAIT);
}

/** Waits until this process has no children. */
async function expectNoChildren(): Promise<void> {
  await vi.waitFor(() => expect(processes()).toBe(0), WAIT);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** How many children this process has. */
function processes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
}

describe('ChildRunner', () => {
  test.each([
    { reader: 'node' as const, rings: 1, skip: undefined },
    { reader: 'uring' as const, rings: 1, skip: noUring },
    { reader: 'uring' as const, rings: 3, skip: noUring },
  ])('reads all of the work by $reader, rings: $rings', async ({ reader, rings, skip }) => {
    if (skip !== undefined) return;
    const work = makeWork('whole');
    const child = await start(work, reader, rings);
    const { pids } = child;
    expect(pids).toHaveLength(1);
    expect(child.facts).toEqual({ engine: reader, reason: 'asked for' });
    const { wallNs, operations, bytes, latencyCounts, pageFaults } = await child.run(3);
    expect([operations, bytes]).toEqual([3 * FILES, 3 * work.bytes]);
    expect(latencyCounts?.reduce((sum, count) => sum + count, 0)).toBe(3 * FILES);
    expect(wallNs).toBeGreaterThan(0);
    expect(pageFaults).toBeGreaterThanOrEqual(0);
    expect(await child.verify('all')).toBe(FILES);
    await child.close();
    await expectEnded(pids);
  });

  test('gives the error of a run that fails, and goes on', async () => {
    const work = makeWork('failing');
    const child = await start(work, 'node', 1);
    writeFileSync(work.files[1]!.path, 'short');
    await expect(child.run(1)).rejects.toMatchObject({ kind: 'changed' });
    writeFileSync(work.files[1]!.path, new Uint8Array(2 * FILE_BYTES));
    expect((await child.run(1)).operations).toBe(FILES);
    await child.close();
  });

  test('gives an error when its process dies', async () => {
    const child = await start(makeWork('dying'), 'node', 1);
    const { pids } = child;
    process.kill(pids[0]!, 'SIGKILL');
    await expect(child.run(1)).rejects.toMatchObject({ kind: 'unavailable' });
    await child.close();
    await expectEnded(pids);
  });

  test.each([
    { reader: 'sync' as const, skip: undefined },
    { reader: 'node' as const, skip: undefined },
    { reader: 'uring' as const, skip: noUring },
  ])('an abort ends a run by $reader that has no end, and its process', async ({ reader, skip }) => {
    if (skip !== undefined) return;
    const controller = new AbortController();
    const child = await start(makeWork('aborted'), reader, 1, controller.signal);
    const { pids } = child;
    const run = child.run(1e9);
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await expect(child.verify('all')).rejects.toThrow('enough');
    await Promise.allSettled([child.close()]);
    await expectEnded(pids);
  });

  test('start() leaves no process when it is aborted', async () => {
    await expect(start(makeWork('late'), 'node', 1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    await expectNoChildren();
  });

  test('start() leaves no process when it fails', async () => {
    const work = makeWork('refused');
    const setup = {
      reader: 'node',
      work,
      queueDepth: 0,
      rings: 1,
      alignBytes: undefined,
      latency: false,
      readOrder: 'given',
    } as const;
    await expect(built.ChildRunner.start(setup, 2)).rejects.toMatchObject({ kind: 'usage' });
    await expectNoChildren();
  });
});
