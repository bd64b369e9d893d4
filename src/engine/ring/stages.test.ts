import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvariantError } from '../../assert.js';
import { systemClock } from '../../clock.js';
import { LsioError } from '../../errors.js';
import { Slab } from '../../memory/slab.js';
import { describeRead, expectAnswer, expectBytes, ListSource, pattern } from '../conformance-kit.js';
import { TO_END } from '../engine.js';
import { ReadSlots } from '../slots.js';
import { type FakeFile, FakeRing } from './fake-ring.testing.js';
import { RingEngine } from './ring-engine.js';
import { Stages } from './stages.js';

const { ECANCELED, EIO, ENOENT } = constants.errno;
const KI = 1024;
const SLAB_BYTES = 512 * KI;

let directory = '';
/** By path. The files are there in reality, too, since the engine looks at them by stat. */
const files = new Map<string, FakeFile>();
const SIZES = [0, 1, 511, 512, 513, 5000, 8191, 8192, 8193, 40_000, 100_000];

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-stages-'));
  for (const [number, size] of SIZES.entries()) {
    const name = path.join(directory, String(number));
    const bytes = pattern(number, size);
    writeFileSync(name, bytes);
    files.set(name, { bytes, noDirect: number % 4 === 1, ...(size > 9000 && { badFrom: 30_208 }) });
  }
  files.set(path.join(directory, 'whole'), { bytes: pattern(99, 60_000) });
  writeFileSync(path.join(directory, 'whole'), pattern(99, 60_000));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('RingEngine over a ring that does what it may', () => {
  interface Read {
    readonly file: number;
    readonly shared: boolean;
    readonly offset: number;
    readonly length: number;
  }
  const read = fc.record({
    file: fc.nat(SIZES.length + 1),
    shared: fc.boolean(),
    offset: fc.oneof(fc.constant(0), fc.nat(9000), fc.nat(110_000)),
    length: fc.oneof(fc.constant(TO_END), fc.nat(9000), fc.nat(110_000)),
  });
  const course = fc.record({
    reads: fc.array(read, { maxLength: 80 }),
    chances: fc.array(fc.nat(), { maxLength: 300 }),
    ringCount: fc.constantFrom(1, 2, 3),
    queueDepth: fc.constantFrom(1, 2, 7),
    sharedFiles: fc.constantFrom(1, 2, 5),
    windowBytes: fc.constantFrom(1, 20 * KI, SLAB_BYTES),
    alignBytes: fc.constantFrom(0, 512),
    /** After so many deliveries the run is cancelled. */
    cancelAfter: fc.option(fc.nat(30)),
  });

  function newEngine({
    chances,
    queueDepth,
    sharedFiles,
    windowBytes,
    ringCount = 1,
  }: {
    ringCount?: number;
    chances: readonly number[];
    queueDepth: number;
    sharedFiles: number;
    windowBytes: number;
  }): { engine: RingEngine; rings: FakeRing[] } {
    const slab = new Slab(new Uint8Array(SLAB_BYTES), true);
    const options = { entries: queueDepth, files: queueDepth + sharedFiles, slab };
    const rings = Array.from({ length: ringCount }, () => new FakeRing(options, files, chances));
    const info = {
      engine: 'node',
      reason: 'a test',
      queueDepth,
      rings: ringCount,
      slabBytes: SLAB_BYTES,
      flags: [],
    } as const;
    return { rings, engine: new RingEngine(rings, info, { sharedFiles, windowBytes }) };
  }

  function expectOutcome(
    answer: { errno: number; bytes: Buffer },
    { file, offset, length }: Read,
    mayBeCancelled: boolean,
  ): void {
    if (mayBeCancelled && answer.errno === ECANCELED) return;
    const found = files.get(path.join(directory, fileName(file)));
    if (found === undefined) return expect(answer).toEqual({ errno: ENOENT, bytes: Buffer.alloc(0) });
    const { bytes, badFrom = Number.POSITIVE_INFINITY } = found;
    const end = length === TO_END ? Number.POSITIVE_INFINITY : offset + length;
    const wanted = bytes.subarray(Math.min(offset, bytes.length), Math.min(end, bytes.length));
    // A read that touches what can't be read fails there, and a read to the end always does.
    if (length !== 0 && badFrom < end && (offset < bytes.length || offset >= badFrom)) {
      expect(answer.errno).toBe(EIO);
      expectBytes(answer.bytes, wanted.subarray(0, answer.bytes.length), 'what came before the error');
      expect(answer.bytes.length).toBeLessThanOrEqual(Math.max(0, badFrom - offset));
    } else {
      expect(answer.errno).toBe(0);
      expectBytes(answer.bytes, wanted, `${length} bytes at ${offset} of ${bytes.length}`);
    }
  }

  function fileName(file: number): string {
    return file === SIZES.length ? 'whole' : String(file);
  }

  test('run() delivers each read once, with the bytes of its file or its error', async () => {
    await fc.assert(
      fc.asyncProperty(course, async ({ reads, alignBytes, cancelAfter, ...options }) => {
        const { engine, rings } = newEngine(options);
        const shared = new Map<number, ReturnType<RingEngine['share']>>();
        const asks = reads.map((each) => {
          const { offset, length, file } = each;
          const name = path.join(directory, fileName(file));
          if (!each.shared) return { path: name, offset, length };
          if (!shared.has(file)) shared.set(file, engine.share(name, { directAlignBytes: alignBytes }));
          return { file: shared.get(file)!, offset, length };
        });
        const half = Math.ceil(asks.length / 2);
        let deliveries = 0;
        const first = new ListSource(asks.slice(0, half), () => {
          if (deliveries++ === cancelAfter) run.cancel();
        });
        const second = new ListSource(asks.slice(half));
        const run = engine.run(first, { directAlignBytes: alignBytes });
        const otherRun = engine.run(second, { directAlignBytes: alignBytes });
        await Promise.all([run.finished, otherRun.finished]);
        for (const [index, answer] of first.answers.entries()) {
          if (index < first.described) expectOutcome(answer!, reads[index]!, true);
          else expect(answer).toBeUndefined();
        }
        for (const [index, answer] of second.answers.entries()) expectOutcome(answer!, reads[half + index]!, false);
        expect(rings[0]!.slab.leasedBytes).toBe(0);
        for (const file of shared.values()) file.close();
        await engine.close();
        for (const ring of rings) {
          expect(ring.inFlight).toEqual([]);
          expect(ring.openFiles).toBe(0);
          expect(ring.closed).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('run() delivers what others read of a file although its opener was cancelled', async () => {
    // Nothing completes in the first looks (0 of n), so that all wait for one open when it is cancelled; then it alone
    // does (1 of n, the first, with ECANCELED).
    const { engine } = newEngine({
      chances: [...Array(10).fill(0), 1, 0, 4],
      queueDepth: 7,
      sharedFiles: 2,
      windowBytes: SLAB_BYTES,
    });
    const file = engine.share(path.join(directory, 'whole'));
    const opener = new ListSource([{ file }]);
    const others = [1, 2, 3].map((offset) => new ListSource([{ file, offset, length: 10 }]));
    const run = engine.run(opener);
    const otherRuns = others.map((source) => engine.run(source));
    while (others.some((source) => source.described === 0)) await new Promise(setImmediate);
    run.cancel();
    await Promise.all([run.finished, ...otherRuns.map((each) => each.finished)]);
    expect(opener.answers[0]?.errno).toBe(ECANCELED);
    for (const [index, source] of others.entries()) {
      expect(source.answers[0]?.errno).toBe(0);
      expectBytes(source.answers[0]!.bytes, pattern(99, 10, index + 1), 'another read');
    }
    await engine.close();
  });

  test.each([
    ['EINTR', constants.errno.EINTR],
    ['EAGAIN', constants.errno.EAGAIN],
  ])('run() tries again after %s, but not for ever', async (_name, errno) => {
    const { engine, rings } = newEngine({ chances: [], queueDepth: 1, sharedFiles: 1, windowBytes: SLAB_BYTES });
    const ring = rings[0]!;
    // Neither the open nor the first part of the file come at the first try, the rest never does.
    const results = [...Array(500).fill(-errno), 0, ...Array(900).fill(-errno), 4];
    let operations = 0;
    ring.answer = (index, { slot, generation }) => {
      ring.completions.slot[index] = slot;
      ring.completions.generation[index] = generation;
      ring.completions.result[index] = results[operations++] ?? -errno;
    };
    const source = new ListSource([{ path: path.join(directory, 'whole') }]);
    await engine.run(source).finished;
    expect(source.answers[0]).toMatchObject({ errno, bytes: Buffer.alloc(4) });
    expect(operations - results.length).toBeGreaterThan(500);
    expect(operations - results.length).toBeLessThan(5000);
    // Not so the close of the file, which answers nothing.
    ring.answer = FakeRing.prototype.answer;
    await engine.close();
  });

  test('the others read what a ring had in hand that fails', async () => {
    const { engine, rings } = newEngine({
      chances: [4],
      queueDepth: 2,
      sharedFiles: 1,
      windowBytes: SLAB_BYTES,
      ringCount: 3,
    });
    const lost = rings[1]!;
    let submits = 0;
    const { submitAndReap } = FakeRing.prototype;
    lost.submitAndReap = () => {
      if (submits++ === 6) throw new LsioError('unavailable', 'a test');
      return submitAndReap.call(lost);
    };
    // What is in flight may be written to for ever, so that its memory is not leased again.
    let drained: boolean | undefined;
    lost.shutdown = (given) => {
      drained = given;
    };
    const asks = Array.from({ length: 200 }, (_, at) => ({
      path: path.join(directory, 'whole'),
      offset: at,
      length: 300,
    }));
    const source = new ListSource(asks);
    await engine.run(source).finished;
    expect(drained).toBe(false);
    expect(engine.info.rings).toBe(2);
    for (const [at, answer] of source.answers.entries()) expectAnswer(answer!, pattern(99, 300, at), `read ${at}`);
    expect(lost.slab.leasedBytes).toBeLessThanOrEqual(2 * 4096);
    await engine.close();
  });

  test('a broken invariant ends the engine: its runs reject, its ring is left to what is in flight', async () => {
    const { engine, rings } = newEngine({ chances: [7], queueDepth: 2, sharedFiles: 1, windowBytes: SLAB_BYTES });
    const ring = rings[0]!;
    ring.answer = (index) => {
      ring.completions.slot[index] = 12_345;
    };
    // Then what was in flight isn't known: the fake's own check of that must not hide the error.
    let drained: boolean | undefined;
    ring.shutdown = (given) => {
      drained = given;
      ring.closed = true;
    };
    const source = new ListSource([{ path: path.join(directory, 'whole') }]);
    await expect(engine.run(source).finished).rejects.toThrow(InvariantError);
    expect(drained).toBe(false);
    expect(source.answers).toEqual([undefined]);
    expect(() => engine.run(source)).toThrow(InvariantError);
    await engine.close();
  });
});

describe('Stages', () => {
  const depth = 2;

  /** Stages of which the test itself is the ring's other side: nothing completes by itself. */
  function newStages(): { stages: Stages; begin: (slot: number) => void } {
    const ring = new FakeRing(
      { entries: depth, files: depth + 1, slab: new Slab(new Uint8Array(SLAB_BYTES)) },
      files,
      [0],
    );
    const slots = new ReadSlots(ring.slab, depth, () => {});
    const stages = new Stages(ring, slots, {
      owner: ring,
      lane: 0,
      first: 0,
      depth,
      sharedFiles: 1,
      windowBytes: SLAB_BYTES,
      slotCount: depth,
      clock: systemClock,
      onProgress: () => {},
    });
    return {
      stages,
      begin: (slot) => {
        describeRead(slots, slot, 0, { path: path.join(directory, 'whole'), length: 10 });
        stages.begin(slot, 0, true);
      },
    };
  }

  test('complete() refuses what nobody waits for', () => {
    const { stages, begin } = newStages();
    expect(() => stages.complete(0, 1, 0)).toThrow(InvariantError);
    begin(0);
    // Another slot, another generation, a file that is not being closed, no slot at all.
    for (const [slot, generation] of [
      [1, 1],
      [1, 0],
      [0, 0],
      [0, 2],
      [2, 0],
      [2 ** 30, 0],
      [2 ** 30 + 5, 0],
      [0xffff_ffff, 0],
    ]) {
      const fresh = newStages();
      fresh.begin(0);
      expect(() => fresh.stages.complete(slot!, generation!, 0), `${slot}.${generation}`).toThrow(InvariantError);
    }
  });

  test('complete() refuses a completion that comes twice', () => {
    const { stages, begin } = newStages();
    begin(0);
    stages.complete(0, 1, 0); // opened
    expect(() => stages.complete(0, 1, 0)).toThrow(InvariantError);

    const other = newStages();
    other.begin(0);
    other.stages.complete(0, 1, 0);
    other.stages.complete(0, 2, 10); // read
    expect(() => other.stages.complete(0, 2, 10)).toThrow(InvariantError);
  });

  test('inFlight counts a completion that never comes', () => {
    const { stages, begin } = newStages();
    begin(0);
    begin(1);
    stages.complete(0, 1, 0);
    stages.complete(0, 2, 10);
    expect(stages.inFlight).toBe(1);
  });

  test('begin() refuses a slot in use and a length that no piece has', () => {
    const { begin } = newStages();
    begin(0);
    expect(() => begin(0)).toThrow(InvariantError);
    const ring = new FakeRing({ entries: 1, files: 2, slab: new Slab(new Uint8Array(SLAB_BYTES)) }, files, [0]);
    const slots = new ReadSlots(ring.slab, 1, () => {});
    const options = {
      owner: ring,
      lane: 0,
      first: 0,
      depth: 1,
      sharedFiles: 1,
      windowBytes: SLAB_BYTES,
      slotCount: depth,
      onProgress: () => {},
    };
    for (const length of [-2, 8 * KI ** 2 + 1]) {
      describeRead(slots, 0, 0, { path: 'x', length });
      expect(() => new Stages(ring, slots, options).begin(0, 0, true)).toThrow(InvariantError);
    }
  });
});
