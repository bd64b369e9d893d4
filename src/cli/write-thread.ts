/** A thread that writes files beside the main thread: see write-helpers.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadLinkFile } from '../native/link.js';
import { FileWriter } from './file-writer.js';
import { type Batch, FREE, type Reply, type ThreadData } from './write-batch.js';

const port = parentPort!;
const { memories, busy, stop, options, unnamed }: ThreadData = workerData;
const writer = new FileWriter(options, unnamed ? loadLinkFile() : undefined);

port.on('message', (batch: Batch | 'close') => {
  if (batch === 'close') port.close();
  else finish(batch, write(batch));
});
for (const [memory] of memories.entries()) Atomics.store(busy, memory, FREE);

function write({ memory, paths, lengths }: Batch): Reply['failure'] {
  const bytes = memories[memory]!;
  let at = 0;
  for (let file = 0; file < paths.length && Atomics.load(stop, 0) === 0; file++) {
    const path = paths[file]!;
    const end = at + lengths[file]!;
    try {
      writer.write(path, bytes.subarray(at, end), true);
    } catch (error) {
      const { errno, message } = error as NodeJS.ErrnoException;
      return { path, errno, message };
    }
    at = end;
  }
  return undefined;
}

function finish({ memory }: Batch, failure: Reply['failure']): void {
  Atomics.store(busy, memory, FREE);
  Atomics.notify(busy, memory);
  const reply: Reply = { failure };
  port.postMessage(reply);
}
