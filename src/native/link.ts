import { existsSync } from 'node:fs';
import { loadKoffi } from './library.js';

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const DESCRIPTORS = '/proc/self/fd';

/** Gives an open file without a name (O_TMPFILE) this one. Throws an error like those of `node:fs`. */
export type LinkFile = (fd: number, path: string | Uint8Array) => void;

/**
 * linkat(2), which `node:fs` doesn't have.
 *
 * @returns undefined where /proc, by which the file is named, isn't mounted.
 * @throws {LsioError} `unavailable` without koffi.
 */
export function loadLinkFile(): LinkFile | undefined {
  const koffi = loadKoffi();
  const linkat = koffi.load(null).func('int linkat(int, const char *, int, uint8_t *, int)');
  if (!existsSync(DESCRIPTORS)) return undefined;
  return (fd, path) => {
    const name = Buffer.concat([Buffer.from(path as string), Buffer.alloc(1)]);
    if (linkat(AT_FDCWD, `${DESCRIPTORS}/${fd}`, AT_FDCWD, name, AT_SYMLINK_FOLLOW) === 0) return;
    const errno = koffi.errno();
    throw Object.assign(new Error(`linkat: errno ${errno}`), { errno: -errno, syscall: 'linkat' });
  };
}
