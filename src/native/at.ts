import { existsSync, linkSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoText } from '../errors.js';
import { AT_FDCWD } from './libc.js';
import { loadKoffi } from './library.js';

const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const RENAME_NOREPLACE = 1;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const O_CLOEXEC = 0o2000000;
const DESCRIPTORS = '/proc/self/fd';
const SYS_RENAMEAT2: Readonly<Record<string, number>> = { x64: 316, arm64: 276 };
/** Linux takes no longer paths. */
const PATH_BYTES_MAX = 4096;
/** "The descriptor itself"; long enough not to lie on the moving heap. */
const EMPTY = Buffer.alloc(128);

/**
 * Calls by a directory's descriptor, which `node:fs` doesn't have: they stay in that directory, even if a link replaces the
 * path that led there. Names are bytes, one character a byte. Errors are like those of `node:fs`.
 */
export interface AtCalls {
  /** Descriptors mean the same to every thread of the process. */
  readonly shared: boolean;
  open(directory: number, name: string, flags: number, mode?: number): number;
  mkdir(directory: number, name: string, mode: number): void;
  /** Never replaces a file: EEXIST. */
  link(directory: number, from: string, to: string): void;
  rename(directory: number, from: string, to: string): void;
  unlink(directory: number, name: string): void;
  /** As `rename`, but never replaces a file: EEXIST. Absent where the system can't. */
  renameNew?(directory: number, from: string, to: string): void;
  /** Where in an open file data begins, or a hole, from an offset on; undefined past the last. Absent as above. */
  seek?(fd: number, offset: number, to: 'data' | 'hole'): number | undefined;
  /** Names a file that has none (O_TMPFILE); never replaces a file: EEXIST. Absent where the system can't. */
  linkUnnamed?(fd: number, directory: number, name: string): void;
}

/** openat(2) and the like on Linux; without koffi by way of /proc, elsewhere by path. */
export function loadAtCalls(): AtCalls {
  if (process.platform === 'linux' && SYS_RENAMEAT2[process.arch] !== undefined) {
    try {
      return systemCalls();
    } catch {
      // No koffi.
    }
  }
  return existsSync(DESCRIPTORS) ? callsByPath((fd) => `${DESCRIPTORS}/${fd}`, true) : heldPathCalls();
}

function systemCalls(): AtCalls {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const openat = libc.func('int openat(int, const uint8_t *, int, uint)');
  const mkdirat = libc.func('int mkdirat(int, const uint8_t *, uint)');
  const linkat = libc.func('int linkat(int, const uint8_t *, int, const uint8_t *, int)');
  const renameat = libc.func('int renameat(int, const uint8_t *, int, const uint8_t *)');
  const unlinkat = libc.func('int unlinkat(int, const uint8_t *, int)');
  const renameat2 = libc.func('long syscall(long, int, const uint8_t *, int, const uint8_t *, uint)');
  const lseek = libc.func('int64_t lseek(int, int64_t, int)');
  const first = Buffer.alloc(PATH_BYTES_MAX + 1);
  const second = Buffer.alloc(PATH_BYTES_MAX + 1);

  function bytesOf(name: string, buffer = first): Buffer {
    // One that is cut off is refused, for it's still too long.
    buffer[buffer.write(name, 0, PATH_BYTES_MAX, 'latin1')] = 0;
    return buffer;
  }
  function check(syscall: string, call: () => number): number {
    for (;;) {
      const result = call();
      if (result >= 0) return result;
      const errno = koffi.errno();
      if (errno !== constants.errno.EINTR) throw callError(syscall, errno);
    }
  }
  let byDescriptor = true;
  return {
    shared: true,
    open: (directory, name, flags, mode = 0) =>
      check('openat', () => openat(directory, bytesOf(name), flags | O_CLOEXEC, mode)),
    mkdir: (directory, name, mode) => void check('mkdirat', () => mkdirat(directory, bytesOf(name), mode)),
    link: (directory, from, to) =>
      void check('linkat', () => linkat(directory, bytesOf(from), directory, bytesOf(to, second), 0)),
    rename: (directory, from, to) =>
      void check('renameat', () => renameat(directory, bytesOf(from), directory, bytesOf(to, second))),
    unlink: (directory, name) => void check('unlinkat', () => unlinkat(directory, bytesOf(name), 0)),
    renameNew: (directory, from, to) =>
      void check('renameat2', () =>
        renameat2(
          SYS_RENAMEAT2[process.arch],
          directory,
          bytesOf(from),
          directory,
          bytesOf(to, second),
          RENAME_NOREPLACE,
        ),
      ),
    seek(fd, offset, to) {
      const found = Number(lseek(fd, offset, to === 'data' ? SEEK_DATA : SEEK_HOLE));
      if (found >= 0) return found;
      if (koffi.errno() === constants.errno.ENXIO) return undefined;
      throw callError('lseek', koffi.errno());
    },
    /*
     * By the descriptor itself, which saves 4 µs of 50 a file, where the kernel allows that: to whom has the capability
     * CAP_DAC_READ_SEARCH, since Linux 6.10 to whom opened the file. Else by way of /proc.
     */
    linkUnnamed(fd, directory, name) {
      if (byDescriptor) {
        if (linkat(fd, EMPTY, directory, bytesOf(name), AT_EMPTY_PATH) === 0) return;
        if (koffi.errno() !== constants.errno.ENOENT) throw callError('linkat', koffi.errno());
      }
      const source = bytesOf(`${DESCRIPTORS}/${fd}`, second);
      check('linkat', () => linkat(AT_FDCWD, source, directory, bytesOf(name), AT_SYMLINK_FOLLOW));
      byDescriptor = false;
    },
  };
}

function callError(syscall: string, errno: number): NodeJS.ErrnoException {
  const [code, text] = errnoText(errno);
  return Object.assign(new Error(`${code}: ${text}, ${syscall}`), { errno: -errno, code, syscall });
}

/** @param pathOf the path that leads to an open directory. */
function callsByPath(pathOf: (fd: number) => string, shared: boolean): AtCalls {
  function within(directory: number, name: string): Buffer {
    return Buffer.from(directory === AT_FDCWD ? name : `${pathOf(directory)}/${name}`, 'latin1');
  }
  return {
    shared,
    open: (directory, name, flags, mode) => openSync(within(directory, name), flags, mode),
    mkdir: (directory, name, mode) => mkdirSync(within(directory, name), mode),
    link: (directory, from, to) => linkSync(within(directory, from), within(directory, to)),
    rename: (directory, from, to) => renameSync(within(directory, from), within(directory, to)),
    unlink: (directory, name) => rmSync(within(directory, name)),
  };
}

/** Remembers paths: links that are put into them later are followed, which no call here can prevent. */
function heldPathCalls(): AtCalls {
  const paths = new Map<number, string>();
  const calls = callsByPath((fd) => paths.get(fd)!, false);
  return {
    ...calls,
    open(directory, name, flags, mode) {
      const fd = calls.open(directory, name, flags, mode);
      paths.set(fd, directory === AT_FDCWD ? name : `${paths.get(directory)}/${name}`);
      return fd;
    },
  };
}
