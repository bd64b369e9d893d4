import { availableParallelism } from 'node:os';
import type { ByteText } from '../paths/byte-text.js';
import { Thread } from '../threads/thread.js';
import { type FilePart, FileWriter } from './file-writer.js';
import type { DirectoryTree } from './tree.js';
import { WriterQueue } from './writer-queue.js';

/** A thread takes 40 ms to start: from so many files on it gains more than that. */
const FILES_WORTH_THREAD = 1000;
/** When writing is given up, the thread has this long to finish what waits for it: 64 files at most. */
const GIVE_UP_MS_MAX = 500;
const MAIN_WRITER = 0;
const THREAD_WRITER = 1;

export interface FilesWriterOptions {
  /** Replace files that are there. */
  readonly overwrite: boolean;
  /** Leave files that are there as they are. */
  readonly skipExisting: boolean;
  /** Whether a file that couldn't be written may be told of only after others were taken. */
  readonly lateErrors: boolean;
}

export interface WriterThreadData {
  readonly memory: SharedArrayBuffer;
  /** The output directory and its descriptor, which all threads of the process share. */
  readonly name: ByteText;
  readonly root: number;
  readonly overwrite: boolean;
  readonly skipExisting: boolean;
  readonly writerId: number;
}

/**
 * Writes many files, with the help of a thread: it gets whole files as long as it keeps up, and whatever it has no room
 * for is written here. So neither thread waits for the other.
 */
export class FilesWriter {
  readonly #name: ByteText;
  readonly #tree: DirectoryTree;
  readonly #options: FilesWriterOptions;
  readonly #writer: FileWriter;
  #thread: { readonly queue: WriterQueue; readonly exited: Promise<void> } | undefined;

  /** @param name the output directory, which `tree` has opened. */
  constructor(name: ByteText, tree: DirectoryTree, options: FilesWriterOptions) {
    this.#name = name;
    this.#tree = tree;
    this.#options = options;
    this.#writer = new FileWriter(tree, { ...options, writerId: MAIN_WRITER });
  }

  /** How many files are to come: the thread is started if they are worth it. */
  expect(files: number): void {
    const { calls, root } = this.#tree;
    if (files < FILES_WORTH_THREAD || !this.#options.lateErrors || availableParallelism() < 2 || !calls.shared) return;
    const queue = new WriterQueue();
    const { overwrite, skipExisting } = this.#options;
    const data: WriterThreadData = {
      memory: queue.memory,
      name: this.#name,
      root,
      overwrite,
      skipExisting,
      writerId: THREAD_WRITER,
    };
    const entry = () => new URL('./writer-thread.js', import.meta.url);
    // That it can't be started, say for lack of memory, is no error: it is a matter of speed.
    const exited = Thread.start({ entry, name: 'writer', data, keepsAlive: true })
      .then(
        (thread) => thread.ended,
        () => undefined,
      )
      .then(() => queue.setReady(false));
    this.#thread = { queue, exited };
  }

  /**
   * Writes the whole of a file, or its next part.
   *
   * @throws {LsioError} `output`, perhaps only from {@link end}
   */
  write(part: FilePart, last: boolean): void {
    const isWhole = last && part.sparse === undefined && !this.#writer.hasBegun(part.path);
    if (isWhole && this.#thread?.queue.put(part)) return;
    this.#writer.write(part, last);
  }

  /** Forgets the parts of a file. */
  drop(path: ByteText): void {
    this.#writer.drop(path);
  }

  /**
   * Everything is written once this has fulfilled.
   *
   * @throws {LsioError} `output`
   */
  async end(): Promise<void> {
    if (this.#thread === undefined) return;
    const { queue, exited } = this.#thread;
    queue.end();
    await exited;
    this.#thread = undefined;
    for (let file = queue.first(); file !== undefined; file = queue.first()) {
      this.#writer.write(file, true);
      queue.shift();
    }
  }

  /** Forgets all files that aren't whole. */
  clear(): void {
    this.#thread?.queue.end();
    this.#thread?.queue.waitUntilTaken(GIVE_UP_MS_MAX);
    this.#writer.clear();
  }
}
