/** A path as the system takes it: text, or its exact bytes where they are not UTF-8. */
export type Path = string | Uint8Array;

/** The `length` of a read that goes on to the end of the file, however long it is. */
export const TO_END = -1;

/**
 * The longest read that comes in one piece, in bytes. A file read {@link TO_END} that is longer fails with `too-large`:
 * ask for ranges of it.
 */
export const BUFFER_BYTES_MAX = 8 * 1024 * 1024;

/**
 * A file that many reads share. It is opened by its first read and again after it was closed for others that needed the
 * room; what went wrong with opening it is what its reads fail with.
 */
export interface SharedFile {
  readonly path: Path;
  /** Closes it once its reads are done. Reading from it afterwards is an error. */
  close(): void;
}
