import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  EndlessSource,
  engineFor,
  expectAnswer,
  expectBytes,
  ListSource,
  type OpenEngine,
  PausingSource,
  readOne,
  Scratch,
  SilentFifo,
  sleep,
  withEngine,
} from './conformance-kit.js';
import type { Run } from './engine.js';
import { NOT_REGULAR, type ReadSlots } from './slots.js';

const { ECANCELED } = constants.errno;
const MI = 1024 ** 2;

/** How runs and engines end, and that leased memory outlives them. */
export function endTests(open: OpenEngine): void {
  describe('cancel()', () => cancelTests(open));
  describe('close()', () => closeTests(open));
  describe('lease() and release()', () => leaseTests(open));
}

function cancelTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open, 16);

  /** Each read that was described came back once: with its bytes, or cancelled. */
  function expectDelivered(source: ListSource, expected: Buffer): void {
    const delivered = source.answers.filter((answer) => answer !== undefined);
    expect(delivered).toHaveLength(source.described);
    for (const answer of delivered) {
      if (answer.errno === 0) expectBytes(answer.bytes, expected, 'a read that was not cancelled');
      else expect(answer.errno).toBe(ECANCELED);
    }
  }

  test.each(['at once', 'soon', 'later'])('cancel() %s ends a run', async (when) => {
    const { path, bytes } = scratch.file(3 * MI);
    const file = engine().share(path);
    for (const ask of [{ path }, { file }]) {
      const source = new ListSource(Array.from({ length: 100_000 }, () => ask));
      const run = engine().run(source);
      if (when === 'soon') await sleep(0);
      if (when === 'later') await sleep(20);
      run.cancel();
      run.cancel();
      await run.finished;
      expect(source.described).toBeLessThan(100_000);
      expectDelivered(source, bytes);
    }
    file.close();
    expectAnswer(await readOne(engine(), { path }), bytes);
  });

  test('cancel() from within done() ends the run, and another run', async () => {
    const { path, bytes } = scratch.file(3 * MI);
    const asks = Array.from({ length: 10_000 }, () => ({ path, length: 3 * MI }));
    // So deep that some reads wait for memory.
    await withEngine(
      open,
      async (engine) => {
        const other = new ListSource(asks);
        const otherRun = engine.run(other);
        let calls = 0;
        const source = new ListSource(asks, () => {
          if (++calls < 3) return;
          run.cancel();
          otherRun.cancel();
        });
        const run = engine.run(source);
        await Promise.all([run.finished, otherRun.finished]);
        for (const each of [source, other]) expectDelivered(each, bytes);
      },
      64,
    );
  });

  test('cancel() gives up reads that would never end', async () => {
    const fifo = new SilentFifo(scratch.path('fifo'));
    const file = engine().share(fifo.path);
    const source = new ListSource([{ path: fifo.path }, { file }, { file, length: 5 }, { path: fifo.path, offset: 3 }]);
    const run = engine().run(source, { regularFiles: true });
    // What is not described by then is never answered.
    while (source.described < source.answers.length) await sleep(1);
    await sleep(10);
    run.cancel();
    await run.finished;
    for (const answer of source.answers) expect([ECANCELED, NOT_REGULAR]).toContain(answer?.errno);
    file.close();
    fifo.remove();
  });

  test('cancel() from within fill() ends the run', async () => {
    const { path, bytes } = scratch.file(100_000);
    const source = new ListSource(Array.from({ length: 10_000 }, () => ({ path })));
    const run: Run = engine().run({
      get ended() {
        return source.ended;
      },
      fill: (...asked) => {
        if (source.described > 50) run.cancel();
        return source.fill(...asked);
      },
      done: (...finished) => source.done(...finished),
    });
    await run.finished;
    expect(source.described).toBeLessThan(10_000);
    expectDelivered(source, bytes);
  });

  test('cancel() of one run is nothing to another that reads the same file', async () => {
    const { path, bytes } = scratch.file(200_000);
    for (let round = 0; round < 50; round++) {
      const file = engine().share(path);
      const runs = [0, 1, 2].map(() => new ListSource(Array.from({ length: 3 }, () => ({ file }))));
      const [first, ...others] = runs.map((source) => engine().run(source));
      if (round % 2 === 1) await sleep(0);
      first!.cancel();
      await Promise.all([first!.finished, ...others.map((run) => run.finished)]);
      for (const source of runs.slice(1)) for (const answer of source.answers) expectAnswer(answer!, bytes);
      file.close();
    }
  });
}

function closeTests(open: OpenEngine): void {
  const scratch = new Scratch();

  test('close() in flight rejects the runs with `closed`', async () => {
    const { path } = scratch.file(3 * MI);
    const engine = await open();
    const file = engine.share(path);
    const endless = [new EndlessSource({ path }), new EndlessSource({ file })].map((source) => engine.run(source));
    const paused = engine.run(new PausingSource());
    await sleep(10);
    const closed = engine.close();
    expect(() => engine.share(path)).toThrow(expect.objectContaining({ kind: 'closed' }));
    for (const run of [...endless, paused]) await expect(run.finished).rejects.toMatchObject({ kind: 'closed' });
    await closed;
  });

  test('close() gives up reads that would never end', async () => {
    const fifo = new SilentFifo(scratch.path('fifo'));
    const engine = await open();
    const source = new ListSource([{ path: fifo.path }, { file: engine.share(fifo.path) }]);
    const run = engine.run(source, { regularFiles: true });
    await sleep(10);
    await engine.close();
    // An engine that can't wait on a FIFO has refused it before.
    await run.finished.catch((error) => expect(error).toMatchObject({ kind: 'closed' }));
    for (const answer of source.answers) expect([ECANCELED, NOT_REGULAR]).toContain(answer?.errno);
    fifo.remove();
  });

  test('close() from within done() works', async () => {
    const { path } = scratch.file(100_000);
    const engine = await open();
    let closed: Promise<void> | undefined;
    const source = new EndlessSource({ path }, () => {
      closed ??= engine.close();
    });
    await expect(engine.run(source).finished).rejects.toMatchObject({ kind: 'closed' });
    await closed;
  });

  test('close() leaves methods that throw `closed` or do nothing', async () => {
    const { path, bytes } = scratch.file(100_000);
    const engine = await open();
    const [unused, read] = [engine.share(path), engine.share(path)];
    const source = new KeepingSource(Array.from({ length: 5 }, () => ({ path })));
    const run = engine.run(source);
    await run.finished;
    await readOne(engine, { file: read });
    const paused = engine.run(new PausingSource());
    await Promise.all([engine.close(), engine.close()]);
    await engine.close();

    const { slots, leases } = source;
    for (const { view } of leases) expectBytes(Buffer.from(view), bytes, 'a lease that outlived its engine');
    for (const call of [() => engine.run(source), () => engine.share(path)]) {
      expect(call).toThrow(expect.objectContaining({ kind: 'closed' }));
    }
    for (const each of [run, paused]) {
      each.wake();
      each.cancel();
    }
    unused.close();
    read.close();
    for (const { lease } of leases) slots!.release(lease);
    slots!.memory.fill(0);
    // Whichever slots were used: looking at them is no fault.
    const views = Array.from(slots!.bytes.keys(), (slot) => slots!.view(slot).length);
    expect(Math.max(...views)).toBeGreaterThan(0);
    expect(engine.info.queueDepth).toBeGreaterThan(0);
    await expect(paused.finished).rejects.toMatchObject({ kind: 'closed' });
    // What these might have set off would show now.
    await sleep(20);
  });

  test('close() of an engine that read nothing works, many times over', async () => {
    for (let round = 0; round < 20; round++) await (await open()).close();
  });
}

/** Keeps the memory of every read. */
class KeepingSource extends ListSource {
  slots: ReadSlots | undefined;
  readonly leases: { readonly lease: number; readonly tag: number; readonly view: Uint8Array }[] = [];

  override done(slots: ReadSlots, finished: Int32Array, count: number): void {
    this.slots = slots;
    for (const slot of finished.subarray(0, count)) {
      const view = slots.view(slot);
      this.leases.push({ lease: slots.lease(slot), tag: slots.tag[slot]!, view });
    }
    super.done(slots, finished, count);
  }
}

function leaseTests(open: OpenEngine): void {
  const scratch = new Scratch();

  test.each([1, 8, undefined])('release() lets on what waits for memory, at queue depth %s', async (queueDepth) => {
    const files = Array.from({ length: 5 }, (_, index) => scratch.file(3 * MI + index));
    await withEngine(
      open,
      async (engine) => {
        const asks = Array.from({ length: 60 }, (_, index) => files[index % files.length]!);
        const source = new KeepingSource(asks);
        const run = engine.run(source);
        let released = 0;
        while (released < asks.length) {
          // Held long enough for all memory to be leased.
          let before = -1;
          while (before !== source.leases.length || source.leases.length === released) {
            before = source.leases.length;
            await sleep(5);
          }
          const held = source.leases.slice(released);
          expect(held.reduce((sum, { view }) => sum + view.length, 0)).toBeLessThanOrEqual(engine.info.slabBytes);
          for (const { tag, view } of held)
            expectBytes(Buffer.from(view), files[tag % files.length]!.bytes, `lease ${tag}`);
          // The newest first, and then the rest, one by one.
          for (const { lease } of held.reverse()) source.slots!.release(lease);
          released += held.length;
        }
        await run.finished;
      },
      queueDepth,
    );
  });

  test('release() is heard when other reads are in flight', async () => {
    const large = scratch.file(7 * MI);
    const small = scratch.file(100);
    await withEngine(open, async (engine) => {
      const endless = new EndlessSource(small);
      const endlessRun = engine.run(endless);
      const source = new KeepingSource(Array.from({ length: 40 }, () => large));
      const run = engine.run(source);
      let released = 0;
      while (released < 40) {
        await sleep(1);
        const lease = source.leases[released];
        if (lease === undefined) continue;
        expectBytes(Buffer.from(lease.view), large.bytes, `lease ${released++}`);
        source.slots!.release(lease.lease);
      }
      await run.finished;
      endless.ended = true;
      endlessRun.wake();
      await endlessRun.finished;
    });
  });

  test('lease() of a read that failed or has no bytes is none', async () => {
    await withEngine(open, async (engine) => {
      const source = new KeepingSource([{ path: scratch.path('absent') }, { path: scratch.file(1).path, length: 0 }]);
      await engine.run(source).finished;
      expect(source.leases.map(({ lease }) => lease)).toEqual([-1, -1]);
      for (const { lease } of source.leases) source.slots!.release(lease);
    });
  });
}
