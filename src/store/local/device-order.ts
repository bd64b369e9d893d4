import { fstatSync } from 'node:fs';
import { type Clock, systemClock } from '../../clock.js';
import type { Path } from '../../engine/engine.js';
import { PAGE_BYTES } from '../../memory/slab.js';
import { canReadDirectories, readInodes } from '../../native/directory.js';
import type { InodeTable } from '../../native/inode-table.js';
import { cacheResidency } from '../../native/libc.js';
import { orderByPlace } from '../../plan/order.js';
import type { Orderable, Ordering } from '../../read/backend.js';
import { withinLimit } from './direct.js';
import { lookAt } from './look-at.js';

/** Whether reads may be made in the order in which files lie on the device, or are made in the order given. */
export type ReadOrder = 'device' | 'given';

/** Reads put into device order at a time: so many requests are in memory at once. */
export const WINDOW_MAX = 20_480;
/** Of a list, so many are looked at first: whether it pays to gather more and to put them into order. */
const PROBED_MAX = 1024;
/** Files of a directory that are worth reading its entries for: fewer go as they come. */
export const FILES_MIN = 32;
/** Entries of a directory read for each of the files wanted of it, at most; one takes half a microsecond. */
const ENTRIES_PER_FILE = 32;
/** Entries of all directories remembered: 8 MiB. A larger directory is not looked into. */
const ENTRIES_MAX = 262_144;
/** Files looked at to see whether a list is in the page cache, where its order doesn't matter. */
const SAMPLES = 8;
const SLASH = 0x2f;
/** Reads that are looked at in one turn of the event loop: a millisecond or two. */
const READS_PER_TURN = 4096;

/** What is known of a directory: its inode numbers; or that it has more entries than were worth reading. */
type Known = { readonly inodes: InodeTable; readonly entries: number } | { readonly inodes?: never; entries: number };

/** What lies in one directory. */
interface Group {
  readonly directory: Path;
  /** How many bytes of a path come before the name. */
  readonly nameAt: number;
  readonly indexes: number[];
  /** Different files, if those of one file come one after the other. */
  files: number;
}

/**
 * Orders reads by the inode numbers of their files, a good proxy for their place on the device on ext4 and xfs. The numbers come from the directories, so that no file needs a stat, and directories that are asked for again
 * are remembered: what changes meanwhile only makes the order a little worse.
 */
export class DeviceOrder implements Ordering {
  readonly requestsMin = FILES_MIN;
  readonly probedMax = PROBED_MAX;
  readonly windowMax = WINDOW_MAX;
  /** By directory, the one used last at the end. */
  readonly #known = new Map<string, Known>();
  readonly #clock: Clock;
  #entries = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /**
   * Says whether another order than the one given may be faster, going by the first of the reads: not with few files of
   * any directory, nor for files that are in the page cache.
   */
  async pays(reads: Orderable): Promise<boolean> {
    if (reads.count < FILES_MIN || !canReadDirectories()) return false;
    const groups = new Map<string, Group>();
    addToGroups(groups, reads, { begin: 0, end: Math.min(reads.count, PROBED_MAX) });
    const candidates = [...groups.values()].filter((group) => group.files >= FILES_MIN);
    return candidates.length > 0 && !(await areCached(this.#clock, candidates, reads));
  }

  /** The order in which to read; undefined where no inode numbers are known. Others have their turn meanwhile. */
  async order(reads: Orderable): Promise<Uint32Array | undefined> {
    const groups = new Map<string, Group>();
    for (let begin = 0; begin < reads.count; begin += READS_PER_TURN) {
      if (begin > 0) await this.#turn();
      addToGroups(groups, reads, { begin, end: Math.min(reads.count, begin + READS_PER_TURN) });
    }
    const inodes = new Float64Array(reads.count);
    let placed = false;
    for (const [key, group] of groups) {
      const table = group.files >= FILES_MIN ? await this.#inodesOf(key, group) : this.#known.get(key)?.inodes;
      if (table === undefined) continue;
      placed = true;
      for (const [at, index] of group.indexes.entries()) {
        if (at % READS_PER_TURN === READS_PER_TURN - 1) await this.#turn();
        inodes[index] = table.find(reads.pathOf(index), group.nameAt);
      }
    }
    return placed ? orderOf([...groups.values()], inodes, reads) : undefined;
  }

  #turn(): Promise<void> {
    return new Promise((fulfil) => this.#clock.soon(fulfil));
  }

  async #inodesOf(key: string, { directory, files }: Group): Promise<InodeTable | undefined> {
    const known = this.#known.get(key);
    const entriesMax = Math.min(ENTRIES_MAX, files * ENTRIES_PER_FILE);
    // Trying again with little more than last time would cost as much again for nothing.
    if (known !== undefined && (known.inodes !== undefined || entriesMax < known.entries * 2)) return known.inodes;
    const inodes = await readInodes(typeof directory === 'string' ? directory : Buffer.from(directory), entriesMax);
    this.#remember(key, inodes === undefined ? { entries: entriesMax } : { inodes, entries: inodes.size });
    return inodes;
  }

  #remember(key: string, known: Known): void {
    this.#forget(key);
    this.#known.set(key, known);
    this.#entries += cost(known);
    for (const oldest of this.#known.keys()) {
      if (this.#entries <= ENTRIES_MAX || oldest === key) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#entries -= cost(known);
    this.#known.delete(key);
  }
}

/** What a directory counts for among those remembered; a name that is no more than remembered is not free either. */
function cost({ inodes, entries }: Known): number {
  return FILES_MIN + (inodes === undefined ? 0 : entries);
}

/** Adds some reads to the groups: by directory, in the order in which they come first. */
function addToGroups(
  groups: Map<string, Group>,
  { pathOf }: Orderable,
  { begin, end }: { readonly begin: number; readonly end: number },
): void {
  let group: Group | undefined;
  let last = begin === 0 ? undefined : pathOf(begin - 1);
  for (let index = begin; index < end; index++) {
    const path = pathOf(index);
    const nameAt = (typeof path === 'string' ? path.lastIndexOf('/') : path.lastIndexOf(SLASH)) + 1;
    if (group === undefined || !isIn(group, path, nameAt)) {
      const directory = typeof path === 'string' ? path.slice(0, nameAt) : path.subarray(0, nameAt);
      // Bytes and text of the same directory are two groups, told apart by what no path has.
      const key = typeof directory === 'string' ? directory : `\0${Buffer.from(directory).toString('latin1')}`;
      group = groups.get(key);
      if (group === undefined) {
        group = { directory: nameAt === 0 ? '.' : directory, nameAt, indexes: [], files: 0 };
        groups.set(key, group);
      }
    }
    group.indexes.push(index);
    if (path !== last) group.files++;
    last = path;
  }
}

function isIn({ directory, nameAt }: Group, path: Path, at: number): boolean {
  return (
    at === nameAt && at > 0 && typeof path === 'string' && typeof directory === 'string' && path.startsWith(directory)
  );
}

/** Directory by directory; what no number is known of comes first there, as given. */
function orderOf(groups: readonly Group[], inodes: Float64Array, { count, offsetOf }: Orderable): Uint32Array {
  const order = new Uint32Array(count);
  let placed = 0;
  for (const { indexes } of groups) {
    // Array.from with a function takes ten times as long.
    const places = new Float64Array(indexes.length);
    let known = false;
    for (let at = 0; at < indexes.length; at++) {
      places[at] = inodes[indexes[at]!]!;
      known ||= places[at] !== 0;
    }
    const within = !known ? undefined : orderByPlace(places, (at) => (places[at] === 0 ? 0 : offsetOf(indexes[at]!)));
    for (let at = 0; at < indexes.length; at++) order[placed++] = indexes[within === undefined ? at : within[at]!]!;
  }
  return order;
}

/** Whether a few files, spread over all, are in the page cache: then so is most of the list. */
async function areCached(clock: Clock, groups: readonly Group[], { pathOf }: Orderable): Promise<boolean> {
  const indexes = groups.flatMap((group) => group.indexes);
  const samples = Array.from({ length: SAMPLES }, (_, sample) => {
    return isMostlyCached(pathOf(indexes[Math.floor((sample * indexes.length) / SAMPLES)]!));
  });
  const allCached = Promise.all(samples).then((cached) => cached.every(Boolean));
  const oneUncached = Promise.any(
    samples.map((sample) => sample.then((cached) => (cached ? Promise.reject() : false))),
  );
  // What takes long to be opened would take long to be read as a directory: it is left alone.
  return withinLimit(clock, Promise.race([allCached, oneUncached.catch(() => true)]), true);
}

/** Whether most of a file is in the page cache; what isn't known to be isn't. */
async function isMostlyCached(path: Path): Promise<boolean> {
  const cached = await lookAt(path, (fd) => {
    const { size } = fstatSync(fd);
    return (cacheResidency(fd)?.cachedPages ?? -1) * PAGE_BYTES >= size / 2;
  });
  return cached === true;
}
