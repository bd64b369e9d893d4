import type { Clock } from '../../clock.js';
import { type EngineKind, type Path, TO_END } from '../../engine/engine.js';
import { BUFFER_BYTES_MAX } from '../../engine/read.js';
import { PAGE_BYTES } from '../../memory/slab.js';
import type { Extent } from '../../range.js';
import type { DirectPolicy } from '../../read/backend.js';
import { lookAt } from './look-at.js';

/** Whether reads bypass the page cache, by O_DIRECT: `auto` while probed files turn out not to be in it. */
export type DirectChoice = 'auto' | 'on' | 'off';

/** `auto` does not probe for fewer requests than this: it would gain nothing. */
const REQUESTS_MIN = 64;
/** So many files in a row that are not in the page cache make `auto` read directly; a single one that is ends it. */
const PROBES = 8;
/** Requests from probe to probe: until it is known how things are, and then. A probe takes 50 to 130 µs of CPU. */
const PROBE_EVERY_FIRST = 8;
const PROBE_EVERY = 2048;
/** A probe of hung storage isn't waited for any longer: the other requests go on. */
const PROBE_MS_MAX = 1000;
/** What is known of directories and of files is forgotten, the oldest first, beyond this many. */
const KNOWN_MAX = 4096;
/** A file of which two ranges of this length are asked for, one after the other, is worth a probe of its own. */
const LONG_BYTES_MIN = 256 * 1024;

type Libc = typeof import('../../native/libc.js');

/** What is seen of a file. */
interface Probe {
  /** What O_DIRECT reads of it are to be multiples of; 0: there are none. */
  readonly alignBytes: number;
  /** At least half of the bytes are in the page cache; undefined: unknown, or no bytes. */
  readonly cached: boolean | undefined;
}

/**
 * Decides which reads of a run bypass the page cache. This is the only place that does; docs/decisions.md has the
 * measurements behind it.
 */
export class DirectReads implements DirectPolicy {
  readonly #choice: DirectChoice;
  readonly #clock: Clock;
  readonly #libc: Promise<Libc | undefined>;
  #probing = false;
  /** No request is begun while the probe goes on: what it finds may well change how they are read. */
  #waits = false;
  /** The request whose file was probed last. */
  #probedIndex = -1;
  /** `auto`: how reads go now, and what must have been begun before the next probe. */
  #alignBytes = 0;
  #nextProbe = REQUESTS_MIN;
  #probesLeft = PROBES;
  #coldInARow = 0;
  /** Undefined: nothing was found yet. */
  #foundCached: boolean | undefined;
  /** The largest alignment seen: what fits it, fits the others. */
  #alignBytesMax = 0;
  /** `on`: by directory, since a file system begins at one. */
  readonly #byDirectory = new Map<string, number>();
  /** `auto`: files of which long ranges are read. */
  readonly #byFile = new Map<Path, number>();
  #long: { readonly path: Path; readonly index: number } | undefined;
  #directory: string | undefined;

  constructor(choice: DirectChoice, engine: EngineKind, clock: Clock) {
    // The portable engine has four reads in flight: nothing of this was measured for it.
    const off = choice === 'off' || process.platform !== 'linux' || (choice === 'auto' && engine === 'node');
    this.#choice = off ? 'off' : choice;
    this.#clock = clock;
    this.#libc = off ? Promise.resolve(undefined) : loadLibc();
  }

  alignBytesFor(path: Path): number {
    if (this.#choice !== 'on') {
      const known = this.#byFile.size > 0 ? this.#byFile.get(path) : undefined;
      return known ?? this.#alignBytes;
    }
    return this.#byDirectory.get(this.#directoryOf(path)) ?? 0;
  }

  isDue(index: number, path: Path, lengthBytes: number): boolean {
    if (this.#choice === 'on') return true;
    if (this.#probing) return this.#waits;
    return this.#choice === 'auto' && (index >= this.#nextProbe || this.#isLong(index, path, lengthBytes));
  }

  ready(index: number, path: Path, extent: Extent, onReady: () => void): boolean {
    if (this.#probing) return !this.#waits;
    if (index === this.#probedIndex) return true;
    const directory = this.#choice === 'on' ? this.#directoryOf(path) : '';
    if (this.#choice === 'on' && this.#byDirectory.has(directory)) return true;
    const isLong = this.#isLong(index, path, extent.length);
    this.#probing = true;
    // A file in the page cache was found, and none since that isn't: others are read as it was.
    this.#waits = isLong || this.#choice === 'on' || this.#foundCached !== true;
    this.#probedIndex = index;
    const next = this.#nextProbe;
    // One probe at a time, also when it isn't waited for.
    this.#nextProbe = Number.POSITIVE_INFINITY;
    const probing = this.#probe(path, extent).then((probe) => {
      if (isLong) {
        this.#nextProbe = next;
        learn(this.#byFile, path, probe?.cached === false ? probe.alignBytes : 0);
      } else if (this.#choice === 'auto') this.#consider(index, probe);
      else if (probe !== undefined) learn(this.#byDirectory, directory, probe.alignBytes);
    });
    withinLimit(this.#clock, probing, undefined).then(() => {
      this.#probing = false;
      onReady();
    });
    return !this.#waits;
  }

  async alignBytesOfLong(path: Path, extent: Extent): Promise<number> {
    if (this.#choice === 'off') return 0;
    const probe = await withinLimit(this.#clock, this.#probe(path, extent), undefined);
    return probe !== undefined && (this.#choice === 'on' || probe.cached === false) ? probe.alignBytes : 0;
  }

  /** A direct read was refused (EINVAL): the alignment is not that of the file's device. `auto` had better look again. */
  refused(): void {
    this.#alignBytes = 0;
    for (const path of this.#byFile.keys()) this.#byFile.set(path, 0);
    this.#coldInARow = 0;
    this.#probesLeft = PROBES;
  }

  /** Whether a file that is not known yet is worth a probe: it is about to be read on. */
  #isLong(index: number, path: Path, lengthBytes: number): boolean {
    // What is still longer is probed when its size is asked for.
    if (this.#choice !== 'auto' || lengthBytes < LONG_BYTES_MIN || lengthBytes > BUFFER_BYTES_MAX) return false;
    if (path !== this.#long?.path) this.#long = { path, index };
    return index > this.#long.index && !this.#byFile.has(path);
  }

  #consider(index: number, probe: Probe | undefined): void {
    const direct = this.#alignBytes > 0;
    // What is no file, is empty, or doesn't answer, says nothing of the others.
    if (probe?.cached !== undefined) {
      const pays = !probe.cached && probe.alignBytes > 0;
      this.#foundCached = !pays;
      this.#coldInARow = pays ? Math.min(PROBES, this.#coldInARow + 1) : 0;
      this.#alignBytesMax = Math.max(this.#alignBytesMax, probe.alignBytes);
      this.#alignBytes = this.#coldInARow === PROBES ? this.#alignBytesMax : 0;
      // Things aren't as they were: to be found out soon.
      if (pays !== direct && this.#probesLeft === 0) this.#probesLeft = PROBES + 1;
    }
    if (this.#probesLeft > 0) this.#probesLeft--;
    this.#nextProbe = index + (this.#probesLeft > 0 ? PROBE_EVERY_FIRST : PROBE_EVERY);
  }

  /** The part of a path that names its directory; most paths are in that of the path before. */
  #directoryOf(path: Path): string {
    const text = typeof path === 'string' ? path : Buffer.from(path).toString('latin1');
    const length = text.lastIndexOf('/') + 1;
    if (this.#directory?.length !== length || !text.startsWith(this.#directory))
      this.#directory = text.slice(0, length);
    return this.#directory;
  }

  /** Undefined where nothing can be told of the file. Never rejects. */
  async #probe(path: Path, extent: Extent): Promise<Probe | undefined> {
    const libc = await this.#libc;
    return libc && lookAt(path, (fd) => probeFile(libc, fd, extent));
  }
}

function learn<Name>(known: Map<Name, number>, name: Name, alignBytes: number): void {
  known.set(name, alignBytes);
  if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
}

/** What `asked` fulfils with, or `otherwise` after {@link PROBE_MS_MAX}. */
export function withinLimit<T>(clock: Clock, asked: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((fulfil, reject) => {
    // What is asked keeps the process alive; the timer need not.
    const limit = clock.timer(() => fulfil(otherwise));
    limit.start(PROBE_MS_MAX);
    asked.then(fulfil, reject).finally(() => limit.stop());
  });
}

/** Where koffi can't be loaded, all reads are buffered. */
function loadLibc(): Promise<Libc | undefined> {
  return import('../../native/libc.js').catch(() => undefined);
}

function probeFile(libc: Libc, fd: number, { offset, length }: Extent): Probe | undefined {
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
