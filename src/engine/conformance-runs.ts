import { describe, expect, test } from 'vitest';
import {
  describeRead,
  EndlessSource,
  expectAnswer,
  expectBytes,
  ListSource,
  type OpenEngine,
  PausingSource,
  readList,
  readOne,
  Scratch,
  sleep,
  withEngine,
} from './conformance-kit.js';
import type { ReadSource, Run } from './engine.js';

const MI = 1024 ** 2;

/** How runs share files and their engine, and go on after a pause. */
export function runTests(open: OpenEngine): void {
  describe('shared files', () => sharedFileTests(open));
  describe('several runs', () => severalRunTests(open));
}

function sharedFileTests(open: OpenEngine): void {
  const scratch = new Scratch();

  test.each([1, 64])('share() takes more files than can be open, with %i reads in flight', async (queueDepth) => {
    const files = Array.from({ length: 600 }, (_, index) => scratch.file(50 + index));
    await withEngine(
      open,
      async (engine) => {
        const shared = files.map(({ path }) => engine.share(path));
        const order = Array.from({ length: 1800 }, (_, index) => (index * 271) % files.length);
        const answers = await readList(
          engine,
          order.map((index) => ({ file: shared[index]!, offset: index % 50 })),
        );
        for (const [at, index] of order.entries()) expectAnswer(answers[at]!, files[index]!.bytes.subarray(index % 50));
        // All in one turn: more operations than reads can ever be in flight.
        for (const file of shared) file.close();
        expectAnswer(await readOne(engine, files[599]!), files[599]!.bytes);
      },
      queueDepth,
    );
  });

  test('share() opens a file anew after it gave its room to others', async () => {
    await withEngine(open, async (engine) => {
      const first = scratch.file(1000);
      const file = engine.share(first.path);
      expectAnswer(await readOne(engine, { file }), first.bytes);
      const others = Array.from({ length: 300 }, () => engine.share(scratch.file(10).path));
      await readList(
        engine,
        others.map((other) => ({ file: other })),
      );
      expectAnswer(await readOne(engine, { file, offset: 1 }), first.bytes.subarray(1));
    });
  });

  test('close() of a file lets its reads finish, twice is once, and before any read is nothing', async () => {
    await withEngine(
      open,
      async (engine) => {
        const { path, bytes } = scratch.file(3 * MI);
        const file = engine.share(path);
        const source = new ListSource(Array.from({ length: 20 }, () => ({ file })));
        const run = engine.run(source);
        engine.share(path).close();
        // Once all of them are described.
        while (source.described < 20) await sleep(0);
        file.close();
        file.close();
        await run.finished;
        for (const answer of source.answers) expectAnswer(answer!, bytes);
      },
      32,
    );
  });
}

function severalRunTests(open: OpenEngine): void {
  const scratch = new Scratch();

  test.each([1, 2, 16])('run() gives each run its share of %i reads in flight', async (queueDepth) => {
    await withEngine(
      open,
      async (engine) => {
        const { path, bytes } = scratch.file(5000);
        const endless = [new EndlessSource({ path }), new EndlessSource({ path })];
        const [first, second] = endless.map((source) => engine.run(source));
        while (endless.some(({ delivered }) => delivered === 0)) await sleep(0);
        const third = new ListSource(Array.from({ length: 300 }, () => ({ path })));
        // From its first description to its last: how soon those are read is the machine's affair.
        const counts: number[][] = [];
        const fill = third.fill.bind(third);
        third.fill = (...args) => {
          counts.push(endless.map(({ described }) => described));
          return fill(...args);
        };
        await engine.run(third).finished;
        for (const answer of third.answers) expectAnswer(answer!, bytes);
        // Neither did the others have to wait, nor did they get much more: a third each.
        for (const index of endless.keys()) {
          const meanwhile = counts.at(-1)![index]! - counts[0]![index]!;
          expect(meanwhile).toBeGreaterThan(150);
          expect(meanwhile).toBeLessThan(600);
        }
        for (const source of endless) source.ended = true;
        first!.wake();
        second!.wake();
        await Promise.all([first!.finished, second!.finished]);
      },
      queueDepth,
    );
  });

  test('wake() lets a run go on that had nothing more to ask for', async () => {
    await withEngine(open, async (engine) => {
      const { path, bytes } = scratch.file(2000);
      const source = new PausingSource();
      const run = engine.run(source);
      for (let round = 1; round <= 20; round++) {
        const delivered = source.expect(round);
        for (let index = 0; index < round; index++) source.asks.push({ path, offset: index });
        run.wake();
        if (round % 3 === 0) run.wake();
        for (const [index, answer] of (await delivered).entries())
          expectBytes(answer, bytes.subarray(index), `read ${index}`);
        if (round % 5 === 0) await sleep(3);
      }
      let settled = 0;
      void run.finished.then(() => settled++);
      await sleep(5);
      expect(settled).toBe(0);
      source.ended = true;
      run.wake();
      await run.finished;
      run.wake();
      run.cancel();
      await sleep(5);
      expect(settled).toBe(1);
    });
  });

  test('run() goes on when wake() comes from within fill() and done()', async () => {
    await withEngine(
      open,
      async (engine) => {
        const { path } = scratch.file(10);
        let left = 100;
        let other = 100;
        const single: ReadSource = {
          get ended() {
            return left <= 0;
          },
          // One at a time: it says that there is no more, and is woken from its own done().
          fill: (slots, free) => {
            describeRead(slots, free[0]!, 0, { path });
            return 1;
          },
          done: (_slots, _finished, count) => {
            left -= count;
            singleRun.wake();
            otherRun.wake();
          },
        };
        const woken: ReadSource = {
          get ended() {
            return other <= 0;
          },
          fill: (slots, free) => {
            singleRun.wake();
            describeRead(slots, free[0]!, 0, { path });
            return 1;
          },
          done: (_slots, _finished, count) => {
            other -= count;
            otherRun.wake();
          },
        };
        const singleRun: Run = engine.run(single);
        const otherRun: Run = engine.run(woken);
        await Promise.all([singleRun.finished, otherRun.finished]);
      },
      4,
    );
  });

  test('run() of a source that has ended is finished', async () => {
    await withEngine(open, async (engine) => {
      expect(await readList(engine, [])).toEqual([]);
    });
  });

  test.each(['fill', 'done'] as const)('run() rejects with what its source throws in %s()', async (where) => {
    const engine = await open();
    const { path } = scratch.file(10);
    const source = new EndlessSource({ path });
    const error = new Error('from the source');
    source[where] = () => {
      throw error;
    };
    await expect(engine.run(source).finished).rejects.toBe(error);
    // What is in flight isn't known any more: the engine is of no use.
    expect(() => engine.run(source)).toThrow(error);
    await engine.close();
  });
}
