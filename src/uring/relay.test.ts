import { constants } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { closeFd, createEventFd } from '../native/libc.js';
import { CQE_WORDS, SQE_WORDS } from './abi.js';
import type { KernelQueues } from './kernel-queues.js';
import { Relay } from './relay.js';
import { STOPPING, sharedBytes, sharedQueues } from './shared-queues.js';
import { fillAdvise, fillOpen, fillProbe, fillRead, isLinked } from './sqe.js';

/** The slots of the SQEs, by the calls that handed them to the kernel. The kernel takes all at once, and completes none. */
function handedOver(fill: (sqes: Uint32Array) => number, entries: number): { batches: number[][]; cut: boolean } {
  const sizes = { sqEntries: 16, cqEntries: 16 };
  const shared = sharedQueues(new SharedArrayBuffer(sharedBytes(sizes)), sizes);
  const count = fill(shared.sqes);
  shared.sqTail[0] = count;
  const batches: number[][] = [];
  let cut = false;
  const sqEntries = 4;
  const sqes = new Uint32Array(sqEntries * SQE_WORDS);
  const sqHead = new Uint32Array(1);
  const submit = (tail: number) => {
    const slots: number[] = [];
    for (let at = sqHead[0]!; at !== tail; at++) {
      slots.push(sqes[(at % sqEntries) * SQE_WORDS + 8]!);
      if (at + 1 === tail) cut ||= isLinked(sqes, at % sqEntries);
    }
    sqHead[0] = tail;
    if (slots.length > 0) batches.push(slots);
    if (tail === count) shared.state[0] = STOPPING;
    return slots.length;
  };
  const kernel = {
    sqEntries,
    cqEntries: 16,
    sqes,
    cqes: new Uint32Array(16 * CQE_WORDS),
    sqHead,
    cqHead: new Uint32Array(1),
    cqTail: new Uint32Array(1),
    overflowed: false,
    submit,
    submitAndWait: submit,
    unsubmitted: () => false,
    setTimespec() {},
  };
  new Relay(kernel as unknown as KernelQueues, shared, { entries, bellFd: -1, eventFd: -1 }).run();
  return { batches, cut };
}

test.each([1, 2, 3, 4])('hands over both of two linked SQEs at once, with %i reads in flight', (entries) => {
  const { batches, cut } = handedOver((sqes) => {
    fillRead(sqes, 0, 9, 0, 1, 0, 4096, 1, false);
    for (let pair = 0; pair < 3; pair++) {
      fillAdvise(sqes, 1 + 2 * pair, 10 + 2 * pair, 1);
      fillProbe(sqes, 2 + 2 * pair, 11 + 2 * pair, 0, 1);
    }
    return 7;
  }, entries);
  expect(batches.flat()).toEqual([9, 10, 11, 12, 13, 14, 15]);
  expect(cut).toBe(false);
});

const { EBUSY, EINTR, EPERM, EAGAIN } = constants.errno;
const SIZES = { sqEntries: 16, cqEntries: 16 };
const BELL_SLOT = 0xffff_fffe;
const TIMER_SLOT = 0xffff_fffd;

/** A kernel whose calls a test answers: it takes what it is handed, unless it refuses, and completes what it is told. */
class FakeKernel {
  readonly sqEntries = 8;
  readonly cqEntries = 16;
  readonly sqes = new Uint32Array(8 * SQE_WORDS);
  readonly cqes = new Uint32Array(16 * CQE_WORDS);
  readonly sqHead = new Uint32Array(1);
  readonly cqHead = new Uint32Array(1);
  readonly cqTail = new Uint32Array(1);
  readonly fixedBytes = 4096;
  overflowed = false;
  slabs = 0;
  calls = 0;
  /** Is called for each submit: gives its result. */
  answer: (waits: boolean) => number = () => 0;

  submit = (tail: number) => this.#enter(tail, false);
  submitAndWait = (tail: number) => this.#enter(tail, true);
  unsubmitted = (tail: number) => this.sqHead[0] !== tail;
  registerSlab = () => this.slabs++;
  setTimespec() {}

  complete(slot: number, result: number): void {
    const at = (this.cqTail[0]! % this.cqEntries) * CQE_WORDS;
    this.cqes[at] = slot;
    this.cqes[at + 2] = result;
    this.cqTail[0]!++;
  }

  #enter(tail: number, waits: boolean): number {
    this.calls++;
    const result = this.answer(waits);
    if (result >= 0) this.sqHead[0] = tail;
    return result;
  }
}

function relayOf() {
  const shared = sharedQueues(new SharedArrayBuffer(sharedBytes(SIZES)), SIZES);
  const kernel = new FakeKernel();
  const [bellFd, eventFd] = [createEventFd(), createEventFd()];
  onTestFinished(() => [bellFd, eventFd].forEach(closeFd));
  const relay = new Relay(kernel as unknown as KernelQueues, shared, { entries: 8, bellFd, eventFd });
  return { relay, shared, kernel };
}

describe('Relay', () => {
  test.each([EINTR, EAGAIN, EBUSY])('goes on after a refusal by errno %i, and brings back what completes', (errno) => {
    const { relay, shared, kernel } = relayOf();
    fillRead(shared.sqes, 0, 5, 0, 1, 0, 4096, 1, false);
    shared.sqTail[0] = 1;
    shared.room[0] = 1;
    kernel.answer = () => {
      if (kernel.calls <= 3) return -errno;
      if (kernel.calls === 4) kernel.complete(5, 77);
      else shared.state[0] = STOPPING;
      return 0;
    };
    relay.run();
    expect(shared.cqTail[0]).toBe(1);
    expect([...shared.cqes.subarray(0, 3)]).toEqual([5, 0, 77]);
    expect({ head: shared.sqHead[0], room: shared.room[0] }).toEqual({ head: 1, room: 0 });
  });

  test.each([
    [() => -EPERM, 'EPERM'],
    [() => -EBUSY, 'EBUSY'],
    [() => 0, 'EAGAIN'],
  ])('ends when the kernel refuses for good: %#', (answer, code) => {
    const { relay, shared, kernel } = relayOf();
    fillRead(shared.sqes, 0, 5, 0, 1, 0, 4096, 1, false);
    shared.sqTail[0] = 1;
    kernel.answer = answer;
    // It says that it took something, and did not.
    if (code === 'EAGAIN') kernel.unsubmitted = () => true;
    expect(() => relay.run()).toThrow(expect.objectContaining({ kind: 'unavailable', code }));
    expect(shared.sqHead[0]).toBe(0);
  });

  test('sleeps with a bell and a timer, which are armed again once they came, and are not brought back', () => {
    const { relay, shared, kernel } = relayOf();
    const armed: number[][] = [];
    let before = 0;
    kernel.answer = (waits) => {
      if (!waits) return 0;
      const slots = [];
      for (; before !== kernel.sqHead[0]! + 2; before++) slots.push(kernel.sqes[(before % 8) * SQE_WORDS + 8]!);
      armed.push(slots);
      kernel.complete(BELL_SLOT, 1);
      kernel.complete(TIMER_SLOT, -1);
      if (armed.length === 2) shared.state[0] = STOPPING;
      return 0;
    };
    relay.run();
    expect(armed).toEqual([
      [BELL_SLOT, TIMER_SLOT],
      [BELL_SLOT, TIMER_SLOT],
    ]);
    expect({ brought: shared.cqTail[0], asleep: shared.asleep[0] }).toEqual({ brought: 0, asleep: 0 });
  });

  test('registers the slab at an open with O_DIRECT, and takes part of a full queue at a time', () => {
    const { relay, shared, kernel } = relayOf();
    for (let at = 0; at < 16; at++) fillOpen(shared.sqes, at, at, 0, at, 4096, at === 3);
    shared.sqTail[0] = 16;
    const heads: number[] = [];
    kernel.answer = () => {
      heads.push(shared.sqHead[0]!);
      if (heads.length === 5) shared.state[0] = STOPPING;
      return 0;
    };
    relay.run();
    expect(kernel.slabs).toBe(1);
    expect(shared.fixedBytes[0]).toBe(4096);
    expect(heads).toEqual([0, 4, 8, 12, 16]);
  });

  test('a queue of completions that overflowed is a broken invariant', () => {
    const { relay, shared, kernel } = relayOf();
    fillRead(shared.sqes, 0, 5, 0, 1, 0, 4096, 1, false);
    shared.sqTail[0] = 1;
    kernel.overflowed = true;
    expect(() => relay.run()).toThrow(InvariantError);
  });
});
