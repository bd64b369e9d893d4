import { expect, test } from 'vitest';
import { interleave } from './interleave.js';
import type { Runner } from './runner.js';

/** A runner each of whose calls takes so many ms a pass; the last goes on for ever. Says which passes were asked for. */
function runnerOf(passMs: readonly number[]): { runner: Runner; asked: number[] } {
  const asked: number[] = [];
  const run = async (passes: number) => {
    const ms = passMs[Math.min(asked.length, passMs.length - 1)]!;
    asked.push(passes);
    return { wallNs: passes * ms * 1e6, cpuUserNs: 0, cpuSystemNs: 0, operations: passes, bytes: passes };
  };
  return { runner: { name: 'fake', run, close: async () => {} }, asked };
}

const OPTIONS = { files: [], bytes: 1, runs: 0, warmups: 1, equalPasses: false };

test.each([
  ['warmed up until it gets no faster', 'as-is', [250, 120, 80, 78], [1, 1, 2, 3], 13],
  ['tried once more where it was as fast at once', 'as-is', [250, 249], [1, 1], 5],
  ['not tried again where a pass is as long as a run', 'as-is', [1200, 600], [1], 1],
  ['warmed up no longer than so often', 'as-is', [900, 800, 700, 600, 500, 400, 300, 200], [1, 1, 1, 1, 1, 1, 1], 4],
  ['not warmed up by cold passes, each of which evicts the files', 'cold', [250, 120], [1], 3],
] as const)('interleave(): a runner is %s', async (_, cache, passMs, asked, passes) => {
  const fake = runnerOf(passMs);
  const [result] = await interleave([fake.runner], { ...OPTIONS, cache });
  expect(fake.asked).toEqual(asked);
  expect(result!.passes).toBe(passes);
});
