import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../clock.js';
import { PAGE_BYTES, Slab } from '../memory/slab.js';
import { verifyRing } from './probe.js';
import type { Ring } from './ring.js';

const { EBADF, ENOENT } = constants.errno;

afterEach(() => vi.restoreAllMocks());

interface Answers {
  /** Of an operation; undefined: there is none. */
  readonly open?: number | undefined;
  readonly read?: (memory: Uint8Array, at: number, length: number, path: string) => number;
  readonly close?: number;
}

/** A ring that answers each operation at the second look, as told. */
function ringOf({ open = 0, read = readFile, close = 0 }: Answers, silent = false) {
  const slab = new Slab(new Uint8Array(16 * PAGE_BYTES));
  const completions = { slot: new Uint32Array(1), generation: new Uint32Array(1), result: new Int32Array(1) };
  let [path, looks] = ['', 0];
  const ring = {
    slab,
    completions,
    open: (_slot: number, _generation: number, _file: number, name: string) => {
      path = name;
      completions.result[0] = open;
    },
    read: (_slot: number, _generation: number, _file: number, _offset: number, at: number, length: number) => {
      completions.result[0] = read(slab.memory, at, length, path);
    },
    close: () => {
      completions.result[0] = close;
    },
    submitAndReap: () => (silent ? 0 : looks++ % 2),
  };
  return { ring: ring as unknown as Ring, slab };
}

function readFile(memory: Uint8Array, at: number, length: number, path: string): number {
  memory.set(readFileSync(path).subarray(0, length), at);
  return length;
}

test('verifyRing() takes a ring that reads what node:fs reads, and leaves no memory leased', () => {
  const { ring, slab } = ringOf({});
  verifyRing(ring);
  expect(slab.lease(16 * PAGE_BYTES)).toBe(0);
});

test.each([
  ['other bytes', { read: (...args: Parameters<typeof readFile>) => readFile(...args) - 1 }],
  [
    'other bytes',
    {
      read: (memory: Uint8Array, at: number, length: number, path: string) => {
        readFile(memory, at, length, path);
        memory[at + length - 1]!++;
        return length;
      },
    },
  ],
  ["can't open files", { open: -ENOENT }],
  ["can't read files", { read: () => -EBADF }],
  ["can't close files", { close: -EBADF }],
] satisfies [string, Answers][])('verifyRing() says: %s', (message, answers) => {
  expect(() => verifyRing(ringOf(answers).ring)).toThrow(
    expect.objectContaining({ kind: 'unavailable', message: expect.stringContaining(message) }),
  );
});

test('verifyRing() gives a ring up that does not answer', () => {
  let nowMs = 0;
  vi.spyOn(systemClock, 'now').mockImplementation(() => (nowMs += 100));
  expect(() => verifyRing(ringOf({}, true).ring)).toThrow(
    expect.objectContaining({ kind: 'unavailable', code: 'ETIMEDOUT' }),
  );
});
