import { close, constants, open } from 'node:fs';
import { type EngineName, type Path, TO_END } from '../../engine/engine.js';
import { PAGE_BYTES } from '../../memory/slab.js';
import type { Extent } from '../../range.js';

/**
 * Whether reads go past the page cache, by O_DIRECT: `on`, wherever the file system can; `off`, never; `auto`, while the
 * files are seen not to be in the page cache.
 */
export type DirectChoice = 'auto' | 'on' | 'off';

/** `auto` doesn't look at fewer requests than this: there is nothing to be gained. */
const REQUESTS_MIN = 64;
/** So many files in a row that are not in the page cache make `auto` read directly; a single one that is ends it. */
const LOOKS = 8;
/** From look to look, in requests: until it is known how things are, and then. A look takes 50 to 130 µs of CPU. */
const LOOK_EVERY_FIRST = 8;
const LOOK_EVERY = 2048;
/** A look at hung storage isn't waited for any longer: the other requests go on. */
const LOOK_MS_MAX = 1000;
/** What is known of directories is forgotten, the oldest first, beyond this many. */
const DIRECTORIES_MAX = 4096;
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

type Libc = typeof import('../../native/libc.js');

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
  /** The request whose file was looked at last. */
  #lookedAt = -1;
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
    if (index === this.#lookedAt) return true;
    const directory = this.#choice === 'on' ? this.#directoryOf(path) : '';
    if (this.#choice === 'on' && this.#byDirectory.has(directory)) return true;
    this.#looking = true;
    this.#lookedAt = index;
    const goOn = withinLimit(() => {
      this.#looking = false;
      onKnown();
    });
    // One look at a time, also when it isn't waited for.
    this.#nextLook = Number.POSITIVE_INFINITY;
    this.#look(path, extent, (look) => {
      if (this.#choice === 'auto') this.#consider(index, look);
      else if (look !== undefined) this.#learn(directory, look.alignBytes);
      goOn();
    });
    return false;
  }

  /** As {@link alignBytesFor}, for a file that is long enough to be looked at itself. */
  decide(path: Path, extent: Extent, then: (alignBytes: number) => void): void {
    if (this.#choice === 'off') return then(0);
    let alignBytes = 0;
    const goOn = withinLimit(() => then(alignBytes));
    this.#look(path, extent, (look) => {
      if (look !== undefined && (this.#choice === 'on' || look.cached === false)) alignBytes = look.alignBytes;
      goOn();
    });
  }

  /** A direct read was refused (EINVAL): the alignment is not that of the file's device. `auto` had better look again. */
  refused(): void {
    this.#alignBytes = 0;
    this.#coldInARow = 0;
    this.#looksLeft = LOOKS;
  }

  #learn(directory: string, alignBytes: number): void {
    this.#byDirectory.set(directory, alignBytes);
    if (this.#byDirectory.size <= DIRECTORIES_MAX) return;
    const [oldest = ''] = this.#byDirectory.keys();
    this.#byDirectory.delete(oldest);
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
    // By libuv's threads: opening a file can take for ever.
    open(typeof path === 'string' ? path : Buffer.from(path), OPEN_FLAGS, (error, fd) => {
      if (error !== null) return then(undefined);
      this.#libc.then((libc) => {
        const look = libc === undefined ? undefined : lookAt(libc, fd, extent);
        close(fd, () => {});
        then(look);
      });
    });
  }
}

/** Calls `goOn` once: when what it returns is called, or after {@link LOOK_MS_MAX}. */
export function withinLimit(goOn: () => void): () => void {
  let waiting = true;
  function once(): void {
    if (!waiting) return;
    waiting = false;
    clearTimeout(timer);
    goOn();
  }
  const timer = setTimeout(once, LOOK_MS_MAX);
  return once;
}

/** Where koffi can't be had, all reads are buffered. */
function loadLibc(): Promise<Libc | undefined> {
  return import('../../native/libc.js').catch(() => undefined);
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
