import { resolve } from 'node:path';
import type { AbsolutePath } from '../store/keys.js';
import { LocalStore } from '../store/local/local.js';
import { OperationQueue } from './node-readers.js';
import type { Reader } from './reader.js';

const NOTHING = new Uint8Array(0);

/**
 * Our library, a promise per read: whole files by `get` into fresh memory, blocks by `getRange` into a buffer that is
 * reused, as Node's readers do it.
 */
export async function storeReader(queueDepth: number): Promise<Reader> {
  const store = await LocalStore.open('/', { engine: 'uring', queueDepth });
  return {
    engine: 'store',
    reason: 'LocalStore.get, LocalStore.getRange',
    read: async (work, passes, observer) => {
      const progress = new OperationQueue(work, passes, observer);
      const keys = work.files.map(({ path }) => resolve(path) as AbsolutePath);
      await Promise.all(Array.from({ length: queueDepth }, () => readLane(store, keys, progress)));
      return progress.tally;
    },
    close: () => store.close(),
  };
}

async function readLane(store: LocalStore, keys: readonly AbsolutePath[], progress: OperationQueue): Promise<void> {
  const { fileOf, offsets, lengths, wholeFiles } = progress.work;
  const into = wholeFiles ? NOTHING : new Uint8Array(progress.longest);
  for (let operation = progress.next(); operation >= 0; operation = progress.next()) {
    const beganMs = progress.began();
    const key = keys[fileOf[operation]!]!;
    const range = { offset: offsets[operation]!, length: lengths[operation]! };
    const bytes = wholeFiles ? await store.get(key) : await store.getRange(key, range, { into });
    // Absent counts as nothing read, which is an error to the workload.
    progress.done(operation, bytes ?? NOTHING, beganMs);
  }
}
