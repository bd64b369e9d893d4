import { closeSync, constants, fchmodSync, statSync } from 'node:fs';
import { outputError } from '../errors.js';
import { type ByteText, pathOf } from '../paths/byte-text.js';
import type { DirectoryTree } from './tree.js';

/** With the sticky bit: who may delete files of others is a permission, too. */
const PERMISSION_BITS = 0o1777;
const NEW_MODE = 0o777;
const OWNER_BITS = 0o700;

/** The permission bits of directories, taken from those that the inputs lie in, as cp -r does. */
export class DirectoryModes {
  /** Directories that their owner couldn't write to: until the end the owner can. */
  readonly #restricted = new Map<ByteText, number>();

  /**
   * What a directory is made with, minus the umask.
   *
   * @param directory below the root, with a slash at its end.
   * @param input a path whose names, `.` aside, begin with those of the directory.
   */
  modeOf(directory: ByteText, input: ByteText): number {
    const mode = modeOf(sourceOf(directory, input));
    if ((mode & OWNER_BITS) !== OWNER_BITS) this.#restricted.set(directory, mode);
    return mode | OWNER_BITS;
  }

  /**
   * Takes back what the owner was given.
   *
   * @throws {LsioError} `output`
   */
  apply(tree: DirectoryTree): void {
    // The deepest first: those above can't be entered any more after them.
    for (const [directory, mode] of [...this.#restricted].sort(([a], [b]) => b.length - a.length)) {
      try {
        const slash = directory.lastIndexOf('/', directory.length - 2) + 1;
        const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
        const fd = tree.calls.open(tree.open(directory.slice(0, slash)), directory.slice(slash, -1), flags);
        fchmodSync(fd, mode & ~process.umask());
        closeSync(fd);
      } catch (error) {
        throw outputError(tree.text(directory), error);
      }
    }
    this.#restricted.clear();
  }
}

function modeOf(directory: ByteText): number {
  try {
    return statSync(pathOf(directory)).mode & PERMISSION_BITS;
  } catch {
    return NEW_MODE;
  }
}

/** As much of the input's path as the directory has names. */
function sourceOf(directory: ByteText, input: ByteText): ByteText {
  let names = directory.split('/').length - 1;
  for (const { 0: name, index } of input.matchAll(/[^/]+/g)) {
    if (name !== '.' && --names === 0) return input.slice(0, index + name.length);
  }
  return input;
}
