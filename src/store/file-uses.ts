import type { Engine, Path } from '../engine/engine.js';
import type { FileUse } from './read-item.js';

/** The files that several reads share: each is closed after the last of them. */
export class FileUses {
  readonly #engine: Engine;
  readonly #alignBytesFor: (path: Path) => number;
  readonly #all = new Set<FileUse>();
  /** The file of the last request that shares one, and how it is opened. */
  #current: FileUse | undefined;
  #alignBytes = 0;

  /** @param alignBytesFor says how a path is to be opened, as {@link DirectReads.alignBytesFor}. */
  constructor(engine: Engine, alignBytesFor: (path: Path) => number) {
    this.#engine = engine;
    this.#alignBytesFor = alignBytesFor;
  }

  /** A file that has users until {@link finish} is called. */
  open(path: Path, directAlignBytes = this.#alignBytesFor(path)): FileUse {
    const use: FileUse = { file: this.#engine.share(path, { directAlignBytes }), users: 0, ended: false };
    this.#all.add(use);
    return use;
  }

  /** The file for one of several requests in a row; undefined when the request is the only one. */
  take(path: Path, goesOn: () => boolean): FileUse | undefined {
    const alignBytes = this.#alignBytesFor(path);
    if (this.#current !== undefined && (alignBytes !== this.#alignBytes || !samePath(this.#current.file.path, path))) {
      this.finish(this.#current);
      this.#current = undefined;
    }
    if (this.#current === undefined && goesOn()) {
      this.#current = this.open(path, alignBytes);
      this.#alignBytes = alignBytes;
    }
    if (this.#current !== undefined) this.#current.users++;
    return this.#current;
  }

  /** One user less. */
  release(use: FileUse): void {
    use.users--;
    this.#closeUnused(use);
  }

  /** No more users come. */
  finish(use: FileUse): void {
    use.ended = true;
    this.#closeUnused(use);
  }

  /** No file gets any more users. */
  finishAll(): void {
    for (const use of this.#all) this.finish(use);
  }

  #closeUnused(use: FileUse): void {
    if (!use.ended || use.users > 0 || !this.#all.delete(use)) return;
    use.file.close();
  }
}

export function samePath(one: Path, other: Path): boolean {
  if (one === other) return true;
  return typeof one !== 'string' && typeof other !== 'string' && Buffer.compare(one, other) === 0;
}
