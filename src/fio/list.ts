import { resolve } from 'node:path';
import { LsioError } from '../errors.js';
import type { Workload } from '../workload/workload.js';

/*
 * fio replays a list of reads (`read_iolog`, version 2) on exactly our offsets, in exactly our order, as fast as it makes
 * offsets up by itself. What it takes to get it right, seen with fio 3.33:
 *
 * - A list that ends in anything but a read makes fio leave without the completions that are still to come, which it then
 *   doesn't count. It ends cleanly after the last read when `io_size` is the sum of the lengths.
 * - `loops` doesn't begin the list anew: more passes are a longer list.
 * - A name ends at the first white space or after 256 bytes: other files get a symbolic link.
 * - fio finds a file by comparing names one by one; many files make the list slow to load (not to replay).
 */

/** The longest single read fio is given: it holds a buffer of the largest for each of its reads in flight. */
export const FIO_READ_BYTES_MAX = 1024 * 1024;
const NAME_BYTES_MAX = 255;
/** A comparison of names takes about 6 ns: up to half a minute for loading the list. */
const COMPARISONS_MAX = 5e9;
/** More would not fit into one string. */
const LINES_MAX = 5_000_000;

/** A name that fio can read in place of one that it can't. */
export interface FioLink {
  readonly name: string;
  readonly target: string;
}

/** A list of reads for one of fio's jobs. */
export interface FioList {
  readonly text: string;
  /** What fio counts, over all passes. */
  readonly reads: number;
  /** The sum of the lengths in the list. */
  readonly lengthBytes: number;
  /** What of them is in the files, and counts as read. */
  readonly bytesRead: number;
  readonly readBytesMax: number;
}

/** Gives every file a name that fio can read, by a link where its own isn't one. */
export class FioNames {
  readonly links: FioLink[] = [];
  readonly #linkOf = new Map<string, string>();

  nameOf(path: string): string {
    const target = resolve(path);
    if (!/\s/.test(target) && Buffer.byteLength(target) <= NAME_BYTES_MAX) return target;
    const known = this.#linkOf.get(target);
    if (known !== undefined) return known;
    const name = `link${this.links.length}`;
    this.links.push({ name, target });
    this.#linkOf.set(target, name);
    return name;
  }
}

/**
 * How often a list of this work can repeat it, at least once.
 *
 * @throws {LsioError} `usage` when not even once.
 */
export function listPassesMax(work: Workload): number {
  const opensAndCloses = 2 * work.files.length;
  const lines = opensAndCloses + work.operations + work.bytes / FIO_READ_BYTES_MAX;
  const passes = Math.floor(Math.min(LINES_MAX / lines, COMPARISONS_MAX / ((lines * work.files.length) / 2)));
  if (passes >= 1) return passes;
  const message = `fio would take too long to load a list of ${work.operations} reads of ${work.files.length} files`;
  throw new LsioError('usage', message, { remedy: 'ask for fewer with --reads' });
}

/**
 * Writes a work down as a list of fio's.
 *
 * @param alignBytes reads with O_DIRECT must begin and end at multiples of this; 1 otherwise.
 */
export function fioList(
  work: Workload,
  { passes, alignBytes, names }: { readonly passes: number; readonly alignBytes: number; readonly names: FioNames },
): FioList {
  const fioNames = work.files.map(({ path }) => names.nameOf(path));
  const lines: string[] = [];
  let reads = 0;
  let lengthBytes = 0;
  let bytesRead = 0;
  let readBytesMax = 0;
  let open = -1;
  let linesToLastRead = 0;
  for (let operation = 0; operation < work.operations; operation++) {
    const file = work.fileOf[operation]!;
    const name = fioNames[file]!;
    if (file !== open) {
      if (open >= 0) lines.push(`${fioNames[open]} close`);
      lines.push(`${name} open`);
      open = file;
    }
    const offset = work.offsets[operation]!;
    const end = roundUp(offset + work.lengths[operation]!, alignBytes);
    for (let begin = offset - (offset % alignBytes); begin < end; begin += FIO_READ_BYTES_MAX) {
      const length = Math.min(FIO_READ_BYTES_MAX, end - begin);
      linesToLastRead = lines.push(`${name} read ${begin} ${length}`);
      reads++;
      lengthBytes += length;
      bytesRead += Math.min(length, work.files[file]!.size - begin);
      readBytesMax = Math.max(readBytesMax, length);
    }
  }
  if (open >= 0) lines.push(`${fioNames[open]} close`);
  // The last pass ends with its last read: empty files after that one hold nothing, and fio closes what is open.
  const finalPass = lines.slice(0, linesToLastRead);
  const adds = fioNames.map((name) => `${name} add\n`).join('');
  const earlier = `${lines.join('\n')}\n`.repeat(passes - 1);
  return {
    text: `fio version 2 iolog\n${adds}${earlier}${finalPass.join('\n')}\n`,
    reads: reads * passes,
    lengthBytes: lengthBytes * passes,
    bytesRead: bytesRead * passes,
    readBytesMax,
  };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
