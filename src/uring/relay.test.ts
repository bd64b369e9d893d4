import { expect, test } from 'vitest';
import { CQE_WORDS, SQE_WORDS } from './abi.js';
import type { KernelQueues } from './kernel-queues.js';
import { Relay } from './relay.js';
import { STOPPING, sharedBytes, sharedQueues } from './shared-queues.js';
import { fillAdvise, fillProbe, fillRead, isLinked } from './sqe.js';

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
