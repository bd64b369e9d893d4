import type { AbsolutePath } from '../store/keys.js';
import type { Children } from '../store/local/children.js';

/** What lies below what, of names that come as a list: a zip file's, a reference file's. */
export class KeyTree {
  readonly #children = new Map<string, Set<string>>();

  /**
   * @param name such as `a/b`, or `a/` of a directory.
   * @returns the key of a value; undefined for a directory, and for a name that is no key: `../x`, `/x`.
   */
  add(name: string): AbsolutePath | undefined {
    const parts = name.split('/');
    const isDirectory = parts.at(-1) === '';
    if (isDirectory) parts.pop();
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return undefined;
    for (let depth = 0; depth < parts.length; depth++) {
      const parent = `/${parts.slice(0, depth).join('/')}`;
      const names = this.#children.get(parent) ?? new Set();
      this.#children.set(parent, names);
      names.add(`${parts[depth]}${depth < parts.length - 1 || isDirectory ? '/' : ''}`);
    }
    return isDirectory ? undefined : `/${parts.join('/')}`;
  }

  /** What lies directly below a directory's key; undefined if nothing does. */
  children(key: AbsolutePath): Children | undefined {
    const names = this.#children.get(key);
    return names && { id: key, names: [...names].sort() };
  }
}
