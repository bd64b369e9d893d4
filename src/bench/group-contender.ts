import { partOf } from '../workload/operations.js';
import type { ChildSetup, ReaderFacts } from './child.js';
import { ChildContender } from './child-contender.js';
import type { Contender, Sample } from './contender.js';
import { sumOfSamples } from './observed-run.js';

/**
 * Several rings that share the work, each in a process of its own with its part of it, as fio's jobs are. One ring is a
 * group of one.
 */
export class GroupContender implements Contender {
  readonly name: string;
  readonly facts: ReaderFacts;
  readonly #children: readonly ChildContender[];

  /**
   * Starts the processes and opens their readers. There are no more of them than there are operations.
   *
   * @param setup what all of them read together; the queue depth is that of each ring.
   * @param threadPoolSize the number of libuv's threads in each process.
   * @throws {LsioError} `unavailable` when an engine can't be had; none of the processes is left then.
   */
  static async start(setup: ChildSetup, rings: number, threadPoolSize: number): Promise<GroupContender> {
    const { work } = setup;
    const count = Math.max(1, Math.min(rings, work.operations));
    const starting = Array.from({ length: count }, (_, index) => {
      const part = count === 1 ? work : partOf(work, { index, count });
      return ChildContender.start({ ...setup, work: part }, threadPoolSize);
    });
    try {
      return new GroupContender(await allOf(starting));
    } catch (error) {
      const started = (await Promise.allSettled(starting)).flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      );
      await Promise.allSettled(started.map((child) => child.close()));
      throw error;
    }
  }

  private constructor(children: readonly ChildContender[]) {
    this.name = children[0]!.name;
    this.facts = children[0]!.facts;
    this.#children = children;
  }

  get pids(): number[] {
    return this.#children.flatMap((child) => child.pids);
  }

  /** Runs all of them at once. Messages take time, so the wall time is that of the slowest by its own clock. */
  async run(passes: number): Promise<Sample> {
    return sumOfSamples(await allOf(this.#children.map((child) => child.run(passes))));
  }

  /**
   * Each reads its part again, outside of any timing, and compares the bytes. Returns how many operations were compared.
   *
   * @throws {LsioError} when bytes differ.
   */
  async verify(how: 'all' | 'sample'): Promise<number> {
    const counts = await allOf(this.#children.map((child) => child.verify(how)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await allOf(this.#children.map((child) => child.close()));
  }
}

/** What all come to, or the first error, once all have answered: until then some would still be reading. */
async function allOf<T>(pending: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(pending);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
