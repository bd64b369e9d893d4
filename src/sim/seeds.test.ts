import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { SeedsResult } from './seeds.testing.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** The sample of every check ends with whichever comes first. */
const SAMPLE = ['--count', '100000', '--minutes', '1'];

/** Not by spawnSync: vitest takes a process that is silent for a minute for dead. */
async function runSeeds(args: readonly string[]): Promise<{ status: number | null; result: SeedsResult }> {
  const child = spawn(path.join(ROOT, 'scripts/long/seeds'), [...args, '--threads', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, status] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { status, result: JSON.parse(output.trim().split('\n').at(-1)!) };
}

test('the courses of 100,000 seeds, or of as many as take a minute, deliver what they must', async () => {
  const { status, result } = await runSeeds(SAMPLE);
  process.stdout.write(`simulator: ${result.seeds} seeds, ${result.reads} reads, ${result.seconds} s\n`);
  expect({ status, faults: result.faults }).toEqual({ status: 0, faults: [] });
  expect(result.seeds).toBeGreaterThan(0);
});

test('whatever goes wrong with a seed is reported with it, and the others are run', async () => {
  const { status, result } = await runSeeds(['--first', '700', '--count', '40', '--planted', '--hang-ms', '5000']);
  expect(status).toBe(1);
  expect(result).toMatchObject({ seeds: 35, breaches: 2, hangs: 3 });
  expect(result.faults).toMatchObject([
    { seed: 705, what: 'breach', message: expect.stringContaining('a course fails') },
    { seed: 710, what: 'breach', message: expect.stringContaining('an event fails') },
    { seed: 715, what: 'hang', message: expect.stringContaining('nothing will happen') },
    { seed: 720, what: 'hang', message: expect.stringContaining('longer than 5000 ms') },
    { seed: 725, what: 'hang', message: expect.stringContaining('longer than 5000 ms') },
  ]);
});
