import { fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InvariantError } from '../assert.js';
import { LsioError } from '../errors.js';
import { MappedSlab } from '../memory/mapped-slab.js';
import { PAGE_BYTES } from '../memory/slab.js';
import type { ThreadSetup } from './ring-thread.js';
import { BROKEN, ENDED, type SharedQueues, STOPPING, sharedQueues } from './shared-queues.js';
import { ThreadQueues } from './thread-queues.js';

/* The side of the thread that uses a ring; a test is the other side. */

let setup: ThreadSetup;
let end: (failure: Error | undefined) => void;
let refusal: Error | undefined;

vi.mock('../threads/thread.js', () => ({
  Thread: {
    async start({ data }: { readonly data: ThreadSetup }) {
      setup = data;
      if (refusal !== undefined) throw refusal;
      const ended = new Promise((resolve) => {
        end = resolve;
      });
      return { ready: ['SQ_FLAG'], ended };
    },
  },
}));

const open: ThreadQueues[] = [];
afterEach(async () => {
  refusal = undefined;
  for (const queues of open.splice(0)) {
    queues.release();
    end(undefined);
    await Promise.resolve();
  }
});

async function start(): Promise<{ queues: ThreadQueues; shared: SharedQueues }> {
  const queues = await ThreadQueues.start({ entries: 4, files: 4 }, new MappedSlab(16 * PAGE_BYTES));
  open.push(queues);
  return { queues, shared: sharedQueues(setup.shared, setup.sizes) };
}

/** The thread has ended, as it says why. */
async function ended(shared: SharedQueues, errno: number, failure?: Error): Promise<void> {
  shared.errno[0] = errno;
  Atomics.store(shared.state, 0, ENDED);
  end(failure);
  await Promise.resolve();
}

describe('ThreadQueues', () => {
  test('hands over what is new, once, and says what the thread has not completed', async () => {
    const { queues, shared } = await start();
    expect(queues.flags).toEqual(['SQ_FLAG']);
    expect([queues.busy, queues.unsubmitted(), queues.overflowed]).toEqual([false, false, false]);
    shared.asleep[0] = 1;
    expect(queues.submit(3)).toBe(0);
    // It is woken, once.
    expect([shared.sqTail[0], shared.asleep[0], queues.busy]).toEqual([3, 0, true]);
    shared.asleep[0] = 1;
    expect(queues.submit(3)).toBe(0);
    expect(shared.asleep[0]).toBe(1);
    shared.cqTail[0] = 3;
    expect(queues.busy).toBe(false);
    shared.fixedBytes[0] = 4096;
    expect(queues.fixedBytes).toBe(4096);
  });

  test('awaitRoom() waits until the thread has taken something', async () => {
    const { queues, shared } = await start();
    queues.awaitRoom();
    queues.submit(2);
    shared.sqHead[0] = 2;
    queues.awaitRoom();
    queues.submit(5);
    const code = `
      const { workerData: head } = require('node:worker_threads');
      setTimeout(() => { Atomics.store(head, 0, 3); Atomics.notify(head, 0); }, 50);`;
    const other = new Worker(code, { eval: true, workerData: shared.sqHeadSigned });
    await new Promise((resolve) => other.once('online', resolve));
    queues.awaitRoom();
    expect(shared.sqHead[0]).toBe(3);
    await other.terminate();
  });

  test('awaitRoom() gives up a thread that takes nothing, or has ended', async () => {
    const { queues, shared } = await start();
    queues.submit(2);
    expect(() => queues.awaitRoom()).toThrow('takes nothing any more');
    expect(shared.room[0]).toBe(1);
    await ended(shared, 0);
    expect(() => queues.awaitRoom()).toThrow('has ended');
  });

  test.each([
    ['its failure', 0, new LsioError('unavailable', 'by the test'), { message: 'by the test' }],
    ['an errno', constants.errno.EPERM, undefined, { kind: 'unavailable', code: 'EPERM' }],
    ['nothing', 0, undefined, { kind: 'unavailable', message: 'the thread of a ring has ended' }],
  ])('submit() throws why the thread has ended: %s', async (_, errno, failure, expected) => {
    const { queues, shared } = await start();
    await ended(shared, errno, failure);
    expect(() => queues.submit(1)).toThrow(expect.objectContaining(expected));
  });

  test('submit() throws for an invariant that does not hold in the thread, after what was brought back is taken', async () => {
    const { queues, shared } = await start();
    shared.cqTail[0] = 2;
    await ended(shared, BROKEN);
    expect(queues.submit(1)).toBe(0);
    shared.cqHead[0] = 2;
    expect(() => queues.submit(1)).toThrow(InvariantError);
  });

  test('stop() asks once; release() frees when the thread has ended, in either order', async () => {
    const { queues, shared } = await start();
    queues.stop();
    expect(shared.state[0]).toBe(STOPPING);
    queues.stop();
    open.pop();
    queues.release();
    end(undefined);
    await Promise.resolve();
    const other = await start();
    open.pop();
    await ended(other.shared, 0);
    fstatSync(other.queues.eventFd);
    other.queues.release();
    expect(() => fstatSync(other.queues.eventFd)).toThrow('EBADF');
  });

  test('where no thread can be started, that is the error, and nothing is left', async () => {
    refusal = new LsioError('unavailable', 'no thread');
    await expect(start()).rejects.toBe(refusal);
  });
});
