import { closeSync, existsSync, fstatSync, openSync, read, readFileSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLsioError, LsioError, readError } from '../../errors.js';
import { INDEX_FORMATS, indexName } from '../../formats/grib/index-write.js';
import { type ByteText, byteTextOf, pathOf, textOf } from '../../paths/byte-text.js';
import { isDirectory, walk } from '../../paths/walk.js';
import type { Extent } from '../../range.js';
import type { LocalStore } from '../../store/local/local.js';
import { isRemoteUrl } from '../../store/locator.js';
import type { Context } from '../app/context.js';
import type { Log } from '../app/log.js';
import { announceEngine, startRun } from '../app/options.js';
import type { GribConfig, GribFile, OpenGribFile, Sidecar } from './grib-file.js';

/** Reads up to this length share one memory. */
const HEADER_BYTES = 4096;

/** Files that are read at once: their hops overlap. */
export const FILES_AT_ONCE = 64;

/** The files of a command line, and what has to be closed after them. */
export class GribFiles implements AsyncDisposable {
  readonly #config: GribConfig;
  readonly #context: Context;
  readonly #log: Log;
  readonly #closing: (() => Promise<void>)[] = [];
  #store: LocalStore | undefined;

  constructor(config: GribConfig, context: Context) {
    this.#config = config;
    this.#context = context;
    this.#log = startRun(config.run, context);
  }

  /** What can't be read is told to `onError`. @throws {LsioError} `usage` for a directory without -r */
  async *all(onError: (name: string, error: LsioError) => void): AsyncGenerator<GribFile> {
    for (const given of this.#config.paths) {
      if (given === '-') yield await this.#stdin();
      else if (isRemoteUrl(given)) yield* await this.#remote(given);
      else yield* this.#local(given, onError);
    }
  }

  /** A file for reads of whole messages, many at once. */
  async messagesOf(file: GribFile): Promise<OpenGribFile> {
    if (file.path === undefined) return file.open();
    this.#store ??= await this.#openStore();
    const { openInStore } = await import('./grib-places.js');
    const key = Buffer.from(absolute(file.path), 'latin1');
    return openInStore(this.#store, { key, name: file.name }, this.#context.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing) await close();
  }

  async #openStore(): Promise<LocalStore> {
    const { run } = this.#config;
    const { LocalStore } = await import('../../store/local/local.js');
    const { engine, queueDepth, rings, direct } = run;
    const store = await LocalStore.open('/', {
      engine,
      rings,
      direct,
      ...(queueDepth !== undefined && { queueDepth }),
    });
    this.#closing.push(() => store.close());
    announceEngine(store.info, run, this.#log);
    return store;
  }

  async #stdin(): Promise<GribFile> {
    const { spoolStdin } = await import('./grib-places.js');
    const { fd, close } = await spoolStdin(this.#context.signal);
    this.#closing.push(close);
    return {
      name: '-',
      isRemote: false,
      open: async () => headersOf(fd, '-', this.#context),
      sidecar: async () => undefined,
    };
  }

  async #remote(url: string): Promise<readonly GribFile[]> {
    const { openAddress } = await import('./grib-places.js');
    const { files, close } = await openAddress(url, this.#config, this.#context.signal);
    this.#closing.push(close);
    return files;
  }

  async *#local(given: string, onError: (name: string, error: LsioError) => void): AsyncGenerator<GribFile> {
    const path = byteTextOf(given);
    if (isDirectory(path)) {
      if (!this.#config.recursive) {
        throw new LsioError('usage', `${given} is a directory`, { remedy: '-r reads what is below it' });
      }
      const below = walk(path, (directory, error) => onError(textOf(directory), error));
      for await (const names of below) for (const name of names) yield localFile(name, this.#context);
      return;
    }
    const found = existsSync(pathOf(path)) ? undefined : await this.#matches(path, onError);
    for (const name of found ?? [path]) yield localFile(name, this.#context);
  }

  /** Undefined for what is no pattern, and for one that nothing matches. */
  async #matches(pattern: ByteText, onError: (name: string, error: LsioError) => void) {
    const { expandGlob } = await import('../../paths/expand-glob.js');
    const needs = {
      excludes: undefined,
      onError: (path: ByteText, error: LsioError) => onError(textOf(path), error),
    };
    const names = await expandGlob(pattern, needs);
    return names?.length === 0 ? undefined : names;
  }
}

function absolute(path: ByteText): ByteText {
  return resolve(byteTextOf(process.cwd()), path);
}

function localFile(path: ByteText, context: Context): GribFile {
  const name = textOf(path);
  return {
    name,
    path,
    isRemote: false,
    open: async () => openFile(path, name, context),
    async sidecar() {
      const found = INDEX_FORMATS.map((format) => indexName(path, format)).find(
        (candidate) => candidate !== path && existsSync(pathOf(candidate)),
      );
      return found === undefined ? undefined : readSidecar(found);
    },
  };
}

/** @throws {LsioError} `read` */
export function readSidecar(path: ByteText): Sidecar {
  try {
    return { name: textOf(path), bytes: readFileSync(pathOf(path)) };
  } catch (error) {
    throw readError(textOf(path), 0, Math.abs((error as NodeJS.ErrnoException).errno ?? 5));
  }
}

/** @throws {LsioError} `read` when it isn't there. */
function openFile(path: ByteText, name: string, context: Context): OpenGribFile {
  let fd: number | undefined;
  try {
    fd = openSync(pathOf(path), 'r');
    const open = fd;
    const source = headersOf(fd, name, context);
    return { ...source, [Symbol.asyncDispose]: async () => closeSync(open) };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw fileError(name, error);
  }
}

/**
 * An open file. The calling thread reads its headers where they are cached, else Node's threads read several at a time.
 * Both begin at once; opening a ring takes as long as a thousand cached reads.
 */
function headersOf(fd: number, name: string, { signal }: Context): OpenGribFile {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw new LsioError('read', `${name}: not a regular file`, { path: name });
  // A walk is done with the bytes of a header when it reads the next one: making new memory costs as much as the read.
  // No Buffer: its slices would be views of that memory.
  const header = new Uint8Array(HEADER_BYTES);
  return {
    size: stats.size,
    read({ offset, length }) {
      signal.throwIfAborted();
      const bytes = length <= HEADER_BYTES ? header : new Uint8Array(length);
      let filled = 0;
      try {
        while (filled < length) {
          const count = readSync(fd, bytes, filled, length - filled, offset + filled);
          if (count === 0) break;
          filled += count;
        }
      } catch (error) {
        throw fileError(name, error);
      }
      return bytes.subarray(0, filled);
    },
    readBeside({ offset, length }, room, done) {
      if (signal.aborted) done(signal.reason, 0);
      else readWhole(fd, room, { offset, length }, 0, (error, count) => done(error && fileError(name, error), count));
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** As `read` of Node, which may read less than there is. */
function readWhole(
  fd: number,
  room: Uint8Array,
  { offset, length }: Extent,
  filled: number,
  done: (error: Error | null, count: number) => void,
): void {
  read(fd, room, filled, length - filled, offset + filled, (error, count) => {
    if (error !== null || count === 0 || filled + count === length) done(error, filled + count);
    else readWhole(fd, room, { offset, length }, filled + count, done);
  });
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
