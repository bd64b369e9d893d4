import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GroupContender } from '../src/bench/group-contender.js';
import type { Workload, WorkloadFile } from '../src/workload/workload.js';
import { ROOT } from './helpers/engine-child.js';

const FILES = 5;
const FILE_BYTES = 1000;

/** Its processes are started from a file of dist. */
const built: { GroupContender: typeof GroupContender } = await import(`${ROOT}/dist/bench/group-contender.js`);

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-group-'));
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

function start(work: Workload, rings: number): Promise<GroupContender> {
  const setup = { reader: 'node', work, queueDepth: 2, alignBytes: undefined, latency: true } as const;
  return built.GroupContender.start(setup, rings, 2);
}

async function ended(pids: readonly number[]): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (!pids.some(isRunning)) return true;
    await sleep(10);
  }
  return false;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('GroupContender', () => {
  test.each([
    { rings: 1, processes: 1 },
    { rings: 2, processes: 2 },
    { rings: 50, processes: FILES },
  ])('$rings rings read all of the work between them, in $processes processes', async ({ rings, processes }) => {
    const work = makeWork('whole');
    const group = await start(work, rings);
    const { pids } = group;
    expect(new Set(pids).size).toBe(processes);
    expect(group.facts).toEqual({ engine: 'node', reason: 'asked for' });
    const { wallNs, operations, bytes, latencyCounts, pageFaults } = await group.run(3);
    expect([operations, bytes]).toEqual([3 * FILES, 3 * work.bytes]);
    expect(latencyCounts?.reduce((sum, count) => sum + count, 0)).toBe(3 * FILES);
    expect(wallNs).toBeGreaterThan(0);
    expect(pageFaults).toBeGreaterThanOrEqual(0);
    expect(await group.verify('all')).toBe(FILES);
    await group.close();
    expect(await ended(pids)).toBe(true);
  });

  test('gives the error of one that fails, once the others have answered, and can be closed', async () => {
    const work = makeWork('failing');
    const group = await start(work, FILES);
    const { pids } = group;
    writeFileSync(work.files[1]!.path, 'short');
    await expect(group.run(1)).rejects.toMatchObject({ kind: 'changed' });
    writeFileSync(work.files[1]!.path, new Uint8Array(2 * FILE_BYTES));
    expect((await group.run(1)).operations).toBe(FILES);
    await group.close();
    expect(await ended(pids)).toBe(true);
  });

  test('gives an error when one of its processes dies, and ends the others', async () => {
    const group = await start(makeWork('dying'), 3);
    const { pids } = group;
    process.kill(pids[1]!, 'SIGKILL');
    await expect(group.run(1)).rejects.toMatchObject({ kind: 'unavailable' });
    await group.close();
    expect(await ended(pids)).toBe(true);
  });

  test('start() leaves no process when it fails', async () => {
    const work = makeWork('refused');
    const setup = { reader: 'node', work, queueDepth: 0, alignBytes: undefined, latency: false } as const;
    const before = process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    await expect(built.GroupContender.start(setup, 3, 2)).rejects.toMatchObject({ kind: 'usage' });
    const count = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    for (let tries = 0; tries < 200 && count() > before; tries++) await sleep(10);
    expect(count()).toBe(before);
  });
});
