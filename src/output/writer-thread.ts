import { serveThread } from '../threads/serve.js';
import { FileWriter } from './file-writer.js';
import type { WriterThreadData } from './files-writer.js';
import { DirectoryTree } from './tree.js';
import { WriterQueue } from './writer-queue.js';

/*
 * The thread that writes files while another reads. What it can't write it leaves in the queue, and ends: the other
 * thread tries again, and reports what is wrong.
 */

function serve({ memory, name, root, overwrite, skipExisting, writerId }: WriterThreadData, ready: () => void): void {
  const queue = new WriterQueue(memory);
  const writer = new FileWriter(new DirectoryTree(name, root), { overwrite, skipExisting, writerId });
  queue.setReady(true);
  ready();
  try {
    for (let file = queue.waitForFirst(); file !== undefined; file = queue.waitForFirst()) {
      writer.write(file, true);
      queue.shift();
    }
  } catch {
    // It is still the first of the queue.
  } finally {
    queue.setReady(false);
  }
}

serveThread<WriterThreadData, void>(serve);
