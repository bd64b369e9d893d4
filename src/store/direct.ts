import { close, constants, open } from 'node:fs';
import { type EngineName, type Path, TO_END } from '../engine/engine.js';
import type { Extent } from '../range.js';
import { PAGE_BYTES } from '../uring/slab.js';

/**
 * Whether reads go past the page cache, by O_DIRECT: `on`, wherever the file system can; `off`, never; `auto`, while the
 * files are seen not to be in the page cache.
 */
export type DirectChoice = 'auto' | 'on' | 'off';

/** `auto` doesn't look at fewer requests than this: there is nothing to be gained. */
const REQUESTS_MIN = 64;
/** So many files in a row that are not in the page cache make `auto` read directly; a single one that is ends it. */
const LOOKS = 8;
/** From look to look, in requests: until it is known how things are, and then. A look takes 25 µs of CPU. */
const LOOK_EVERY_FIRST = 8;
const LOOK_EVERY = 1024;
/** A look at hung storage is given up: the other requests must not wait for it. */
const LOOK_MS_MAX = 100;
/** What is known of directories is forgotten, the oldest first, beyond this many. */
const DIRECTORIES_MAX = 4096;
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

type Libc = typeof import('../native/libc.js');

/** What is seen of a file. */
interface Look {
  /** What O_DIRECT reads of it are to be multiples of; 0: they can't be had. */
  readonly alignBytes: number;
  /** At least half of what is to be read is in the page cache; undefined: nobody can tell, or there is nothing. */
  readonly cached: boolean | undefined;
}

/**
 * Decides which reads of a run go past the page cache. This is the only place that does; docs/decisions.md has the
 * measurements behind it.
 */
export class DirectReads {
  readonly #choice: DirectChoice;
  readonly #libc: Promise<Libc | undefined>;
  #looking = false;
  /** `auto`: how reads go now, and what must have been admitted before the next look. */
  #alignBytes = 0;
  #nextLook = REQUESTS_MIN;
  #looksLeft = LOOKS;
  #coldInARow = 0;
  /** The largest alignment seen: what fits it, fits the others. */
  #alignBytesMax = 0;
  /** `on`: by directory, since a file system begins at one. */
  readonly #byDirectory = new Map<string, number>();
  #directory: string | undefined;

  constructor(choice: DirectChoice, engine: EngineName) {
    // The portable engine has four reads in flight: nothing of this was measured for it.
    const off = choice === 'off' || process.platform !== 'linux' || (choice === 'auto' && engine === 'node');
    this.#choice = off ? 'off' : choice;
    this.#libc = off ? Promise.resolve(undefined) : loadLibc();
  }

  /** What the file at `path` is to be opened with: O_DIRECT and reads in multiples of so many bytes; 0: buffered. */
  alignBytesFor(path: Path): number {
    if (this.#choice !== 'on') return this.#alignBytes;
    return this.#byDirectory.get(this.#directoryOf(path)) ?? 0;
  }

  /** Whether {@link knows} is to be asked before the request with this index, from 0, is taken. */
  isDue(index: number): boolean {
    return this.#looking || this.#choice === 'on' || (this.#choice === 'auto' && index >= this.#nextLook);
  }

  /**
   * Whether it is known how to read a file. If not, it is looked at, nothing more is to be taken, and `onKnown` will be
   * called.
   */
  knows(index: number, path: Path, extent: Extent, onKnown: () => void): boolean {
    if (this.#looking) return false;
    const directory = this.#choice === 'on' ? this.#directoryOf(path) : '';
    if (this.#choice === 'on' && this.#byDirectory.has(directory)) return true;
    this.#looking = true;
    this.#look(path, extent, (look) => {
      this.#looking = false;
      if (this.#choice === 'on') this.#learn(directory, look?.alignBytes ?? 0);
      else this.#consider(index, look);
      onKnown();
    });
    return false;
  }

  /** As {@link alignBytesFor}, for a file that is long enough to be looked at itself. */
  decide(path: Path, extent: Extent, then: (alignBytes: number) => void): void {
    if (this.#choice === 'off') return then(0);
    this.#look(path, extent, (look) => {
      then(look === undefined || (this.#choice === 'auto' && look.cached !== false) ? 0 : look.alignBytes);
    });
  }

  /** A read of this file was refused (EINVAL): the alignment is not that of its device. */
  refused(path: Path): void {
    if (this.#choice === 'on') this.#learn(this.#directoryOf(path), 0);
    else {
      this.#alignBytes = 0;
      this.#coldInARow = 0;
      this.#looksLeft = LOOKS;
    }
  }

  #learn(directory: string, alignBytes: number): void {
    this.#byDirectory.set(directory, alignBytes);
    if (this.#byDirectory.size <= DIRECTORIES_MAX) return;
    for (const oldest of this.#byDirectory.keys()) {
      this.#byDirectory.delete(oldest);
      break;
    }
  }

  #consider(index: number, look: Look | undefined): void {
    const direct = this.#alignBytes > 0;
    // What is no file, is empty, or doesn't answer, says nothing of the others.
    if (look?.cached !== undefined) {
      const pays = !look.cached && look.alignBytes > 0;
      this.#coldInARow = pays ? Math.min(LOOKS, this.#coldInARow + 1) : 0;
      this.#alignBytesMax = Math.max(this.#alignBytesMax, look.alignBytes);
      this.#alignBytes = this.#coldInARow === LOOKS ? this.#alignBytesMax : 0;
      // Things aren't as they were: to be found out soon.
      if (pays !== direct && this.#looksLeft === 0) this.#looksLeft = LOOKS + 1;
    }
    if (this.#looksLeft > 0) this.#looksLeft--;
    this.#nextLook = index + (this.#looksLeft > 0 ? LOOK_EVERY_FIRST : LOOK_EVERY);
  }

  /** The part of a path that names its directory; most paths are in that of the path before. */
  #directoryOf(path: Path): string {
    const text = typeof path === 'string' ? path : Buffer.from(path).toString('latin1');
    const length = text.lastIndexOf('/') + 1;
    if (this.#directory?.length !== length || !text.startsWith(this.#directory))
      this.#directory = text.slice(0, length);
    return this.#directory;
  }

  #look(path: Path, extent: Extent, then: (look: Look | undefined) => void): void {
    let settled = false;
    function settle(look: Look | undefined): void {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      then(look);
    }
    const timer = setTimeout(settle, LOOK_MS_MAX, undefined);
    // By libuv's threads: opening a file can take for ever.
    open(typeof path === 'string' ? path : Buffer.from(path), OPEN_FLAGS, (error, fd) => {
      if (error !== null) return settle(undefined);
      this.#libc.then((libc) => {
        const look = libc === undefined ? undefined : lookAt(libc, fd, extent);
        close(fd, () => {});
        settle(look);
      });
    });
  }
}

/** Where koffi can't be had, all reads are buffered. */
function loadLibc(): Promise<Libc | undefined> {
  return import('../native/libc.js').catch(() => undefined);
}

function lookAt(libc: Libc, fd: number, { offset, length }: Extent): Look | undefined {
  const facts = libc.openFileFacts(fd);
  if (facts === undefined) return undefined;
  const { memoryBytes = 0, offsetBytes = 0 } = facts.alignment ?? {};
  const end = length === TO_END ? facts.sizeBytes : Math.min(facts.sizeBytes, offset + length);
  const pages = Math.ceil(end / PAGE_BYTES) - Math.floor(offset / PAGE_BYTES);
  const residency = pages > 0 ? libc.cacheResidency(fd, offset, end - offset) : undefined;
  return {
    // The memory that reads land in begins at a page.
    alignBytes: memoryBytes <= PAGE_BYTES ? offsetBytes : 0,
    cached: residency && residency.cachedPages * 2 >= pages,
  };
}
