import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Signal } from '../../abort.js';
import { LsioError, systemError } from '../../errors.js';
import { type FileStore, readSidecar as sidecarIn, sourceAt } from '../../formats/grib/find-fields.js';
import { objectsOf } from '../../formats/open-remote-files.js';
import { STDIN } from '../../stdio.js';
import { splitUrl } from '../../store/locator.js';
import { openStore } from '../../store/open.js';
import type { RemoteStore } from '../../store/remote-store.js';
import type { GribConfig, GribFile, OpenGribFile } from './grib-file.js';

/** A file in a store: reads overlap. @throws {LsioError} `read` when it isn't there. */
export async function openInStore<Key>(
  store: FileStore<Key>,
  file: { readonly key: Key; readonly name: string },
  signal: Signal,
): Promise<OpenGribFile> {
  return { ...(await sourceAt(store, file, signal)), [Symbol.asyncDispose]: async () => {} };
}

/** The objects at an address: one, those of a pattern, with -r those below. @throws {LsioError} as the store */
export async function openAddress(
  url: string,
  { recursive, remote }: GribConfig,
  signal: AbortSignal,
): Promise<{ readonly files: readonly GribFile[]; close(): Promise<void> }> {
  const { root, address, key } = splitUrl(url);
  if ((key === '' || key.endsWith('/')) && !recursive) {
    throw new LsioError('usage', `${root}${key} is a prefix`, { remedy: '-r reads what is below it' });
  }
  const store = (await openStore(address, remote)) as RemoteStore;
  try {
    const objects = await objectsOf(store, url, signal);
    const files = objects.map((object): GribFile => {
      return {
        name: object.name,
        isRemote: true,
        open: () => openInStore(store, object, signal),
        async sidecar() {
          const found = await sidecarIn(store, object.key, signal);
          return found && { name: `${root}${found.key.slice(1)}`, bytes: found.bytes };
        },
      };
    });
    return { files, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Stdin as a file: itself where it is one, else a copy that vanishes with the process. */
export async function spoolStdin(signal: AbortSignal): Promise<{ readonly fd: number; close(): Promise<void> }> {
  if (fstatSync(STDIN).isFile()) return { fd: STDIN, close: async () => {} };
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-stdin-'));
  const file = path.join(directory, 'stdin');
  let fd: number;
  try {
    fd = openSync(file, 'wx+', 0o600);
    unlinkSync(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
    }
  } catch (error) {
    closeSync(fd);
    throw systemError('output', tmpdir(), error);
  }
  return { fd, close: async () => closeSync(fd) };
}
