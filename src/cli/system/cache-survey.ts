import { setImmediate } from 'node:timers/promises';
import { cachedFile, evict, type FileResidency } from '../../bench/cache.js';
import { isLsioError, LsioError, systemError } from '../../errors.js';
import { type ByteText, exactText, pathOf, textOf } from '../../paths/byte-text.js';
import { isDirectory, walk } from '../../paths/walk.js';
import type { CacheFigures, CachePath, CacheResult, CacheTotals } from '../../results/cache.js';
import { reportOf } from '../app/exit.js';
import { say } from '../app/talk.js';

/** The signal and the progress bar are served after so many files, about once a millisecond. */
const FILES_AT_ONCE = 64;

/** What is told of one path. */
export type CacheItem = CacheResult['items'][number];

/** What a survey does to each file: evictions are told with what was there before. */
export type SurveyAction = 'status' | 'evict-each' | 'evict-all';

/** A file to be probed once more. */
interface Kept {
  readonly name: ByteText;
  readonly argument: number;
  readonly before: CacheFigures | LsioError;
}

type Sum<Totals> = { -readonly [Name in keyof Totals]: Totals[Name] };

/** Probes one file after the other, tells of each, and adds up. */
export class Survey {
  /** The sums of each argument, and of all. */
  readonly paths: Sum<CachePath>[] = [];
  readonly total: Sum<CacheTotals>;
  failed = 0;
  probes = 0;
  readonly #action: SurveyAction;
  readonly #signal: AbortSignal;
  readonly #onItem: (item: CacheItem) => Promise<void> | undefined;
  /** In one go all caches are dropped only after the first probe. */
  readonly #kept: Kept[] = [];

  /** @param onItem Takes each path with its figures or its error, in the order in which they were probed. */
  constructor(action: SurveyAction, signal: AbortSignal, onItem: (item: CacheItem) => Promise<void> | undefined) {
    this.#action = action;
    this.#signal = signal;
    this.#onItem = onItem;
    this.total = this.#noFiles();
  }

  /** Probes a file, or all that are below a directory, and evicts each if that was asked for. */
  async add(given: ByteText): Promise<void> {
    const argument = this.paths.push({ path: exactText(given), failed: 0, ...this.#noFiles() }) - 1;
    const refused: [ByteText, LsioError][] = [];
    const refuse = (name: ByteText, error: LsioError) => void refused.push([name, error]);
    for await (const names of isDirectory(given) ? walk(given, refuse) : [[given]]) {
      for (const [name, error] of refused.splice(0)) await this.#found(name, argument, error);
      for (const name of names) await this.#probe(name, argument);
    }
    for (const [name, error] of refused) await this.#found(name, argument, error);
  }

  /** Tells of all files after all caches were dropped. */
  async probeAgain(): Promise<void> {
    for (const { name, argument, before } of this.#kept.splice(0)) {
      await this.#serveOthers();
      const { residentBytes: residentBytesBefore } = before as CacheFigures;
      const now = isLsioError(before) ? before : figuresOr(name, () => ({ ...probe(name), residentBytesBefore }));
      await this.#tell(name, argument, now);
    }
  }

  async #probe(name: ByteText, argument: number): Promise<void> {
    await this.#serveOthers();
    await this.#found(
      name,
      argument,
      figuresOr(name, () => (this.#action === 'evict-each' ? evicted(name) : probe(name))),
    );
  }

  async #found(name: ByteText, argument: number, found: CacheFigures | LsioError): Promise<void> {
    if (this.#action === 'evict-all') this.#kept.push({ name, argument, before: found });
    else await this.#tell(name, argument, found);
  }

  async #tell(name: ByteText, argument: number, found: CacheFigures | LsioError): Promise<void> {
    const path = exactText(name);
    const sums = this.paths[argument]!;
    if (isLsioError(found)) {
      say(`lsio: ${found.message}`);
      this.failed++;
      sums.failed++;
      await this.#onItem({ path, error: reportOf(found) });
      return;
    }
    addTo(sums, found);
    addTo(this.total, found);
    await this.#onItem({ path, ...found });
  }

  async #serveOthers(): Promise<void> {
    if (this.probes++ % FILES_AT_ONCE !== 0) return;
    await setImmediate();
    this.#signal.throwIfAborted();
  }

  #noFiles(): Sum<CacheTotals> {
    const evicting = this.#action !== 'status';
    return { files: 0, sizeBytes: 0, residentBytes: 0, ...(evicting ? { residentBytesBefore: 0 } : {}) };
  }
}

function figuresOr(name: ByteText, figures: () => CacheFigures): CacheFigures | LsioError {
  try {
    return figures();
  } catch (error) {
    return probeError(name, error);
  }
}

function addTo(sum: Sum<CacheTotals>, { sizeBytes, residentBytes, residentBytesBefore = 0 }: CacheFigures): void {
  sum.files++;
  sum.sizeBytes += sizeBytes;
  sum.residentBytes += residentBytes;
  if (sum.residentBytesBefore !== undefined) sum.residentBytesBefore += residentBytesBefore;
}

/** @throws {LsioError} `read` where the kernel does not tell; what `node:fs` throws. */
function probe(name: ByteText): CacheFigures {
  const { sizeBytes, residentBytes } = regularFile(name);
  if (residentBytes === undefined) throw untold(name, '');
  return { sizeBytes, residentBytes };
}

/** Evicts also where the kernel tells nothing, and then reports that. */
function evicted(name: ByteText): CacheFigures {
  const before = regularFile(name).residentBytes;
  evict(pathOf(name));
  const { sizeBytes, residentBytes } = regularFile(name);
  if (before === undefined || residentBytes === undefined) throw untold(name, 'the kernel was asked to evict it; ');
  return { sizeBytes, residentBytes, residentBytesBefore: before };
}

function regularFile(name: ByteText): FileResidency {
  const file = cachedFile(pathOf(name));
  if (file !== undefined) return file;
  throw new LsioError('read', `${textOf(name)}: not a regular file`, { path: textOf(name) });
}

function untold(name: ByteText, done: string): LsioError {
  const why = 'recent kernels tell that only of files that you own or may write';
  return new LsioError('read', `${textOf(name)}: ${done}what is cached of it is not told: ${why}`, {
    path: textOf(name),
    remedy: 'sudo',
  });
}

/** @throws what is no failure of a system call. */
function probeError(name: ByteText, error: unknown): LsioError {
  const known = systemError('read', textOf(name), error);
  if (isLsioError(known, 'read')) return known;
  throw known;
}
