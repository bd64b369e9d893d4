import type { ByteText } from './byte-text.js';
import type { FileWriterOptions } from './file-writer.js';

/** What a thread's memory is to the main thread. */
export const FREE = 0;
export const BUSY = 1;
export const STARTING = 2;

/** What a thread that writes files begins with. */
export interface ThreadData {
  /** Shared, as are the numbers. */
  readonly memories: readonly Uint8Array[];
  /**
   * {@link FREE}, {@link BUSY} or {@link STARTING} for each memory. Not told by messages: the main thread may take
   * thousands of files before it looks at those.
   */
  readonly busy: Int32Array;
  /** Not 0: write no more. */
  readonly stop: Int32Array;
  readonly options: FileWriterOptions;
  /** Whether files without names are to be tried. */
  readonly unnamed: boolean;
}

/** Files to write. Their bytes follow one another in the memory of that number. */
export interface Batch {
  readonly memory: number;
  readonly paths: ByteText[];
  readonly lengths: number[];
}

/** A batch was written, or why it wasn't. */
export interface Reply {
  readonly failure:
    | { readonly path: ByteText; readonly errno: number | undefined; readonly message: string }
    | undefined;
}
