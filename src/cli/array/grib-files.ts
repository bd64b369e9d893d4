import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLsioError, LsioError, readError } from '../../errors.js';
import type { GribSource } from '../../formats/grib/source.js';
import { type ByteText, byteTextOf, pathOf, textOf } from '../../paths/byte-text.js';
import { isDirectory, walk } from '../../paths/walk.js';
import { LocalStore } from '../../store/local/local.js';
import type { Context } from '../app/context.js';
import { announceEngine, applyReadingOptions, type ReadingOptions } from '../app/options.js';
import type { FieldOptions } from './field-options.js';

/** Files that are read at once: their hops overlap. */
export const FILES_AT_ONCE = 64;

/** The options of every action over the fields of GRIB files, as commander hands them over. */
export interface GribOptions extends ReadingOptions, FieldOptions {
  readonly recursive: boolean;
  readonly index: string;
  readonly strict: boolean;
  readonly lenient: boolean;
  readonly chains?: number;
}

/** A file that is named, or found below a directory. */
export interface GribFile {
  /** As people read it. */
  readonly name: string;
  readonly path: ByteText;
}

/** Opens a store for files anywhere. */
export async function openFiles(options: GribOptions, context: Context): Promise<LocalStore> {
  const log = applyReadingOptions(options, context);
  const { engine, queueDepth, rings, direct } = options;
  const depth = queueDepth === undefined ? {} : { queueDepth };
  const store = await LocalStore.open('/', { engine, rings, direct, ...depth });
  announceEngine(store.info, options, log);
  return store;
}

/** The files that the command line names; what can't be read is told to `onError`. */
export async function* filesOf(
  paths: readonly string[],
  recursive: boolean,
  onError: (name: string, error: LsioError) => void,
): AsyncGenerator<GribFile> {
  for (const given of paths) {
    const path = byteTextOf(given);
    if (!isDirectory(path)) {
      yield { name: textOf(path), path };
    } else if (!recursive) {
      throw new LsioError('usage', `${given} is a directory`, { remedy: '-r reads what is below it' });
    } else {
      for await (const names of walk(path, (directory, error) => onError(textOf(directory), error))) {
        for (const name of names) yield { name: textOf(name), path: name };
      }
    }
  }
}

/** The bytes of a file in the store of {@link openFiles}. @throws {LsioError} `read` when it isn't there. */
export async function sourceOf(store: LocalStore, { name, path }: GribFile, context: Context): Promise<GribSource> {
  const key = Buffer.from(resolve(byteTextOf(process.cwd()), path), 'latin1');
  const { signal } = context;
  const absent = () => new LsioError('read', `${name}: no such file`, { code: 'ENOENT', path: name });
  const head = await store.head(key, { signal });
  if (head === undefined) throw absent();
  return {
    size: head.size,
    read: async (extent) => {
      const bytes = await store.getRange(key, extent, { signal });
      if (bytes === undefined) throw absent();
      return bytes;
    },
  };
}

/** A file whose headers are read one after the other: each read decides where the next one is. */
export interface HeaderSource extends GribSource, Disposable {}

/**
 * The same, read by the calling thread: a hop through the ring and the event loop takes as long as several of these, and
 * on a busy machine as long as fifty.
 *
 * @throws {LsioError} `read` when it isn't there.
 */
export function headersOf({ name, path }: GribFile, { signal }: Context): HeaderSource {
  let fd: number | undefined;
  try {
    fd = openSync(pathOf(path), 'r');
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new LsioError('read', `${name}: not a regular file`, { path: name });
    const open = fd;
    return {
      size: stats.size,
      read({ offset, length }) {
        signal.throwIfAborted();
        const bytes = Buffer.allocUnsafeSlow(length);
        let filled = 0;
        while (filled < length) {
          const count = readSync(open, bytes, filled, length - filled, offset + filled);
          if (count === 0) break;
          filled += count;
        }
        return bytes.subarray(0, filled);
      },
      [Symbol.dispose]: () => closeSync(open),
    };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw fileError(name, error);
  }
}

function fileError(name: string, error: unknown): unknown {
  const { errno, code } = error as NodeJS.ErrnoException;
  if (error instanceof LsioError || errno === undefined) return error;
  if (code === 'ENOENT') return new LsioError('read', `${name}: no such file`, { code, path: name, cause: error });
  return readError(name, 0, -errno);
}

/** An error with the name of its file in front. */
export function namedError(name: string, error: unknown): LsioError {
  if (!isLsioError(error)) throw error;
  if (error.message.startsWith(name)) return error;
  const { code, offset, remedy } = error;
  return new LsioError(error.kind, `${name}: ${error.message}`, { code, offset, remedy, path: name, cause: error });
}
