import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants as fsConstants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { isLsioError } from '../errors.js';
import { MappedSlab } from '../memory/mapped-slab.js';
import { PAGE_BYTES } from '../memory/slab.js';
import { IoUring } from './io-uring.js';
import { verifyRing } from './probe.js';

const { EBADF, ECANCELED, ENOENT } = constants.errno;
const SLAB_BYTES = 64 * PAGE_BYTES;

/** Why io_uring can't be had here, if it can't. */
function whyNot(): string | undefined {
  try {
    newRing().shutdown(true);
    return undefined;
  } catch (error) {
    if (isLsioError(error, 'unavailable')) return error.message;
    throw error;
  }
}

function newRing(entries = 32, files = 32): IoUring {
  return IoUring.create({ entries, files }, new MappedSlab(SLAB_BYTES));
}

const reason = whyNot();

describe.skipIf(reason !== undefined)(`IoUring${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let directory = '';
  let ring: IoUring | undefined;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lsio-uring-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  afterEach(() => {
    ring?.shutdown(true);
    ring = undefined;
  });

  /** Opens a ring that the test's end closes. */
  function openRing(entries?: number, files?: number): IoUring {
    ring = newRing(entries, files);
    return ring;
  }

  /** A file of bytes that say which it is and where they are. */
  function writeFile(name: string | Buffer, number: number, length: number): Buffer {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => (at % 251) + number));
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]), bytes);
    return bytes;
  }

  function expectBytes(ring: IoUring, at: number, expected: Buffer): void {
    expect(Buffer.from(ring.slab.memory.subarray(at, at + expected.length)).equals(expected)).toBe(true);
  }

  test('submitAndReap() serves many reads with one entry of the kernel', () => {
    const ring = openRing();
    const bytes = writeFile('many', 1, 40_000);
    ring.open(0, 1, 0, `${directory}/many`, false);
    expect(finish(ring, 1)).toEqual([{ slot: 0, generation: 1, result: 0 }]);
    const before = ring.enters;
    for (let slot = 0; slot < 32; slot++) ring.read(slot, 7, 0, slot * 1000, slot * PAGE_BYTES, 1000);
    const done = finish(ring, 32);
    // All in the page cache: one would do, two if the kernel leaves some for a second look.
    expect(ring.enters - before).toBeLessThanOrEqual(4);
    expect(done.map(({ slot }) => slot).sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, slot) => slot));
    for (const { slot, generation, result } of done) {
      expect({ generation, result }).toEqual({ generation: 7, result: 1000 });
      expectBytes(ring, slot * PAGE_BYTES, bytes.subarray(slot * 1000, slot * 1000 + 1000));
    }
  });

  test('open() takes paths as text and as bytes, many at once and long ones', () => {
    const ring = openRing();
    const deep = 'd'.repeat(250);
    mkdirSync(`${directory}/${deep}/${deep}/${deep}`, { recursive: true });
    const names = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? Buffer.from([0x61, 0xff, 0x30 + index])
        : `${index % 3 === 1 ? `${deep}/${deep}/${deep}/` : ''}é${index}`,
    );
    const contents = names.map((name, index) => writeFile(name, index % 5, 100 + index));
    for (const [slot, name] of names.entries()) {
      const whole =
        typeof name === 'string' ? `${directory}/${name}` : Buffer.concat([Buffer.from(`${directory}/`), name]);
      ring.open(slot, 1, slot, whole, false);
    }
    for (const { result } of finish(ring, 30)) expect(result).toBe(0);
    for (const slot of names.keys()) ring.read(slot, 2, slot, 0, slot * PAGE_BYTES, PAGE_BYTES);
    for (const { slot, result } of finish(ring, 30)) {
      expect(result).toBe(contents[slot]!.length);
      expectBytes(ring, slot * PAGE_BYTES, contents[slot]!);
    }
  });

  test('open() keeps its path when others fill the queue before it is submitted', () => {
    // A queue of four.
    const ring = openRing(2, 8);
    const contents = [writeFile('first', 1, 10), writeFile('second', 2, 20)];
    for (let round = 0; round < 50; round++) {
      for (let file = 0; file < 3 + (round % 2); file++) ring.close(100 + file, 0, 4 + file);
      ring.open(0, 1, 0, `${directory}/first`, false);
      ring.open(1, 1, 1, `${directory}/second`, false);
      const opened = finish(ring, 5 + (round % 2));
      expect(opened.filter(({ slot }) => slot < 2).map(({ result }) => result)).toEqual([0, 0]);
      for (const slot of [0, 1]) ring.read(slot, 2, slot, 0, slot * PAGE_BYTES, PAGE_BYTES);
      for (const { slot, result } of finish(ring, 2)) {
        expect(result).toBe(contents[slot]!.length);
        expectBytes(ring, slot * PAGE_BYTES, contents[slot]!);
      }
    }
  });

  test('open() keeps more paths than there is room for at once', () => {
    const ring = openRing(32, 32);
    const contents = writeFile('target', 3, 77);
    // Of 3,900 bytes each, and taken for three times that: the room holds five.
    const long = `${directory}${'/.'.repeat(1900)}/target`;
    for (let slot = 0; slot < 32; slot++) ring.open(slot, 1, slot, slot === 9 ? `${directory}/absent` : long, false);
    for (const { slot, result } of finish(ring, 32)) expect(result).toBe(slot === 9 ? -ENOENT : 0);
    ring.read(31, 2, 31, 0, 0, PAGE_BYTES);
    expect(finish(ring, 1)[0]!.result).toBe(contents.length);
  });

  test('open() into an entry in use closes what was there, close() what is', () => {
    const ring = openRing();
    for (const name of ['before', 'after']) writeFile(name, 1, 10);
    const openFiles = () => readOpenFiles(directory);
    ring.open(0, 1, 5, `${directory}/before`, false);
    finish(ring, 1);
    expect(openFiles()).toEqual(['before']);
    ring.open(0, 2, 5, `${directory}/after`, false);
    finish(ring, 1);
    expect(openFiles()).toEqual(['after']);
    ring.close(0, 3, 5);
    expect(finish(ring, 1)[0]!.result).toBe(0);
    expect(openFiles()).toEqual([]);
    ring.read(0, 4, 5, 0, 0, 10);
    expect(finish(ring, 1)[0]!.result).toBe(-EBADF);
  });

  test('cancel() makes a read that waits complete', async () => {
    const ring = openRing();
    const fifo = new SilentFifo(`${directory}/fifo`);
    ring.open(3, 1, 0, fifo.path, false);
    finish(ring, 1);
    ring.read(3, 2, 0, 0, 0, 100);
    for (let look = 0; look < 5; look++) expect(ring.submitAndReap()).toBe(0);
    // Another generation is another operation.
    ring.cancel(3, 1);
    expect(ring.submitAndReap()).toBe(0);
    ring.cancel(3, 2);
    expect(finish(ring, 1)).toEqual([{ slot: 3, generation: 2, result: -ECANCELED }]);
    expect(ring.submitAndReap()).toBe(0);
    fifo.remove();
  });

  test('listen() wakes when a completion comes while armed, and not while not', async () => {
    const ring = openRing();
    const fifo = new SilentFifo(`${directory}/wake`);
    let wakes = 0;
    ring.listen(() => wakes++);
    ring.hold(true);
    ring.open(0, 1, 0, fifo.path, false);
    finish(ring, 1);
    for (const armed of [true, false, true]) {
      ring.arm(armed);
      ring.read(0, 2, 0, 0, 0, 5);
      expect(ring.submitAndReap()).toBe(0);
      await turn();
      wakes = 0;
      fifo.write('12345');
      await turn();
      expect(wakes > 0).toBe(armed);
      expect(finish(ring, 1)[0]!.result).toBe(5);
    }
    ring.hold(false);
    fifo.remove();
  });

  test('as many completions as operations and closes arrive when nobody looks meanwhile', () => {
    const ring = openRing(1, 300);
    writeFile('closed', 1, 10);
    for (let file = 0; file < 300; file++) {
      ring.open(0, 1, file, `${directory}/closed`, false);
      finish(ring, 1);
    }
    for (let file = 0; file < 300; file++) ring.close(file, 9, file);
    const done = finish(ring, 300);
    expect(new Set(done.map(({ slot }) => slot)).size).toBe(300);
    for (const { result } of done) expect(result).toBe(0);
  });

  test('shutdown() leaves methods that throw, and memory that may be looked at', () => {
    const ring = newRing();
    const view = ring.slab.memory.subarray(0, PAGE_BYTES);
    view.fill(7);
    ring.shutdown(true);
    const calls = [
      () => ring.open(0, 1, 0, '/', false),
      () => ring.read(0, 1, 0, 0, 0, 1),
      () => ring.close(0, 1, 0),
      () => ring.cancel(0, 1),
      () => ring.unsubmitted,
      () => ring.submitAndReap(),
      () => ring.listen(() => {}),
      () => ring.arm(true),
      () => ring.hold(true),
      () => ring.shutdown(true),
    ];
    for (const call of calls) expect(call).toThrow(InvariantError);
    collectGarbage();
    expect(view.every((byte) => byte === 7)).toBe(true);
  });

  test('read() leaves what lies beyond the bytes that came as it was', () => {
    const ring = openRing();
    const bytes = writeFile('short', 3, 700);
    ring.slab.memory.fill(0xee);
    ring.open(0, 1, 0, `${directory}/short`, false);
    expect(finish(ring, 1)[0]?.result).toBe(0);
    ring.read(0, 2, 0, 200, PAGE_BYTES, 2 * PAGE_BYTES);
    expect(finish(ring, 1)[0]?.result).toBe(500);
    expectBytes(ring, PAGE_BYTES, bytes.subarray(200));
    const { memory } = ring.slab;
    expect(memory.subarray(0, PAGE_BYTES).every((byte) => byte === 0xee)).toBe(true);
    expect(memory.subarray(PAGE_BYTES + 500).every((byte) => byte === 0xee)).toBe(true);
  });

  test('retire() of the slab gives its memory back once no view is left', async () => {
    const before = mappedBytes();
    for (let round = 0; round < 20; round++) {
      const memory = new MappedSlab(64 * 1024 ** 2);
      const ring = IoUring.create({ entries: 8, files: 8 }, memory);
      verifyRing(ring);
      ring.shutdown(true);
      memory.retire(true);
    }
    for (let tries = 0; tries < 50 && mappedBytes() > before + 200 * 1024 ** 2; tries++) {
      collectGarbage();
      await turn();
    }
    expect(mappedBytes()).toBeLessThan(before + 200 * 1024 ** 2);
  });

  test('shutdown() of what is not drained leaves the memory to the reads in flight', async () => {
    const ring = newRing();
    const fifo = new SilentFifo(`${directory}/late`);
    ring.open(0, 1, 0, fifo.path, false);
    finish(ring, 1);
    ring.read(0, 2, 0, 0, 0, 5);
    ring.submitAndReap();
    const { memory } = ring.slab;
    ring.shutdown(false);
    fifo.write('12345');
    collectGarbage();
    await turn();
    // Whether the bytes have come or not, they do no harm.
    expect(['12345', '\0\0\0\0\0']).toContain(Buffer.from(memory.subarray(0, 5)).toString());
    fifo.remove();
  });
});

function collectGarbage(): void {
  if (global.gc === undefined) throw new Error('node runs without --expose-gc');
  global.gc();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

interface Completion {
  readonly slot: number;
  readonly generation: number;
  readonly result: number;
}

/** Submits, and waits for so many completions. */
function finish(ring: IoUring, count: number): Completion[] {
  const done: Completion[] = [];
  const deadlineMs = Date.now() + 60_000;
  while (done.length < count || ring.unsubmitted) {
    const reaped = ring.submitAndReap();
    const { slot, generation, result } = ring.completions;
    for (let index = 0; index < reaped; index++) {
      done.push({ slot: slot[index]!, generation: generation[index]!, result: result[index]! });
    }
    if (Date.now() > deadlineMs) throw new Error(`${done.length} of ${count} completions`);
  }
  expect(done).toHaveLength(count);
  return done.sort((a, b) => a.slot - b.slot);
}

/** A FIFO with a writer: a read of it waits until something is written. */
class SilentFifo {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.path = path;
    this.#fd = openSync(path, fsConstants.O_RDWR | fsConstants.O_NONBLOCK);
  }

  write(text: string): void {
    writeSync(this.#fd, text);
  }

  remove(): void {
    closeSync(this.#fd);
    rmSync(this.path);
  }
}

/** The names of the files in `directory` that are in the table of a ring of this process. */
function readOpenFiles(directory: string): string[] {
  return readdirSync('/proc/self/fdinfo')
    .map((fd) => readIfThere(`/proc/self/fdinfo/${fd}`))
    .filter((text) => text.includes('UserFiles:'))
    .flatMap((text) => [...text.matchAll(/^ *\d+: (\/.*)$/gm)].map(([, name]) => name!))
    .filter((name) => name.startsWith(directory))
    .map((name) => path.basename(name));
}

/** Descriptors come and go while they are listed. */
function readIfThere(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return '';
  }
}

function mappedBytes(): number {
  return Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}
