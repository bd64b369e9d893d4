import { setImmediate } from 'node:timers/promises';
import { Argument, type Command, Option } from 'commander';
import { type CachedFile, cachedFile, dropCaches, evict, requireRoot } from '../../bench/cache.js';
import { isLsioError, LsioError, systemError } from '../../errors.js';
import { type ByteText, byteTextOf, exactText, pathOf, textOf } from '../../paths/byte-text.js';
import { isDirectory, walk } from '../../paths/walk.js';
import { type CacheReport, renderCache } from '../../report/cache.js';
import { inkFor } from '../../report/table.js';
import type { CacheDocument, CacheFigures, CacheFile, CacheResult, CacheTotals } from '../../results/cache.js';
import { formatBytes } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT, reportOf } from '../app/exit.js';
import { PROGRESS_MODES, type ProgressMode, startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { wantsColor } from '../app/terminal.js';

/** The signal and the progress bar are served after so many files, about once a millisecond. */
const FILES_AT_ONCE = 64;

const EXAMPLES = `
Examples:
  lsio cache status big.bin            how much of it would be read from memory?
  lsio cache status --all data/        of every file below data/
  lsio cache evict data/               the next read comes from the disk
  sudo lsio cache evict --drop-caches data/`;

type Action = 'status' | 'evict';

interface Options {
  readonly all: boolean;
  readonly dropCaches: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressMode;
}

export function define(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument(
        '<action>',
        'status tells what the page cache holds of them; evict drops it from there, and tells what is left',
      ).choices(['status', 'evict']),
    )
    .argument('<paths...>', 'files, and directories with all that is below them')
    .option('--all', 'a line for each file, also above 40 of them', false)
    .option('--drop-caches', 'evict: drop the caches of the whole machine, as root', false)
    .option('--json', 'print one JSON document', false)
    .option('-q, --quiet', 'no notes, no progress; errors only', false)
    .addOption(new Option('--progress <when>', 'a progress bar on stderr').choices([...PROGRESS_MODES]).default('auto'))
    .addHelpText('after', EXAMPLES)
    .addHelpText(
      'after',
      `
Recent kernels tell this only of files that you own or may write. A file that is named twice counts twice.`,
    )
    .action((action: Action, paths: string[], options: Options) => cache(action, paths, options, context));
}

async function cache(action: Action, paths: readonly string[], options: Options, context: Context): Promise<void> {
  const { all, json, quiet, dropCaches: dropping } = options;
  check(action, dropping);
  const survey = new Survey(action, options, context.signal);
  const progress = startProgress({ mode: options.progress, quiet }, () => ({ items: survey.looks, unit: 'files' }));
  try {
    for (const path of paths) await survey.add(byteTextOf(path));
    if (dropping) {
      await dropCaches();
      await survey.lookAgain();
    }
  } finally {
    progress.stop();
  }
  const { items, report, failed } = survey.results();
  if (failed > 0) process.exitCode = EXIT.someFailed;
  if (action === 'evict' && report.total.residentBytes > 0 && !quiet) {
    const why = 'others have these files mapped or are reading them, or they lie in memory (tmpfs)';
    say(`lsio: ${formatBytes(report.total.residentBytes)} stay in the page cache: ${why}`);
  }
  if (json) {
    const { paths, total } = report;
    const document: CacheDocument = { schema: 'lsio.cache/1', action, items, paths, ...total, failed };
    print(`${JSON.stringify(document)}\n`);
  } else print(renderCache(report, { all, ink: inkFor(wantsColor()) }));
}

/** Before anything is done. */
function check(action: Action, dropping: boolean): void {
  if (dropping && action !== 'evict') throw new LsioError('usage', '--drop-caches goes with evict only');
  if (dropping) requireRoot();
  if (process.platform === 'linux') return;
  throw new LsioError('unavailable', 'only Linux tells what its page cache holds');
}

/** The figures or the error of one path, and the argument of the command line that it belongs to. */
interface Entry {
  readonly name: ByteText;
  readonly argument: number;
  figures?: CacheFigures;
  error?: LsioError;
}

type Item = CacheResult['items'][number];

type Sum = { -readonly [Name in keyof CacheTotals]: CacheTotals[Name] };

/** Samples one file after the other, and keeps the figures. */
class Survey {
  readonly #evicting: boolean;
  readonly #evictEach: boolean;
  readonly #signal: AbortSignal;
  readonly #arguments: string[] = [];
  readonly #entries: Entry[] = [];
  looks = 0;

  constructor(action: Action, options: Options, signal: AbortSignal) {
    this.#evicting = action === 'evict';
    this.#evictEach = this.#evicting && !options.dropCaches;
    this.#signal = signal;
  }

  /** Samples a file, or all files below a directory. With `evict` each is evicted. */
  async add(given: ByteText): Promise<void> {
    const argument = this.#arguments.push(exactText(given)) - 1;
    const refuse = (name: ByteText, error: LsioError) => this.#fail(this.#enter(name, argument), error);
    for await (const names of isDirectory(given) ? walk(given, refuse) : [[given]]) {
      for (const name of names) {
        await this.#try(this.#enter(name, argument), () => (this.#evictEach ? evicted(name) : look(name)));
      }
    }
  }

  /** Samples all files again, after an eviction. */
  async lookAgain(): Promise<void> {
    for (const entry of this.#entries) {
      if (entry.figures === undefined) continue;
      const { residentBytes: residentBytesBefore } = entry.figures;
      await this.#try(entry, () => ({ ...look(entry.name), residentBytesBefore }));
    }
  }

  /** Every path in the order in which it was sampled, and the sums. */
  results(): { items: Item[]; report: CacheReport; failed: number } {
    const files: CacheFile[] = [];
    const items: Item[] = [];
    const paths = this.#arguments.map((path) => ({ path, failed: 0, ...this.#noFiles() }));
    const total = this.#noFiles();
    for (const { name, argument, figures, error } of this.#entries) {
      const path = exactText(name);
      if (figures === undefined) paths[argument]!.failed++;
      else {
        const file = { path, ...figures };
        files.push(file);
        addTo(paths[argument]!, figures);
        addTo(total, figures);
      }
      items.push(error === undefined ? { path, ...figures! } : { path, error: reportOf(error) });
    }
    return { items, report: { files, paths, total }, failed: items.length - files.length };
  }

  #enter(name: ByteText, argument: number): Entry {
    const entry: Entry = { name, argument };
    this.#entries.push(entry);
    return entry;
  }

  async #try(entry: Entry, figure: () => CacheFigures): Promise<void> {
    if (this.looks++ % FILES_AT_ONCE === 0) {
      await setImmediate();
      this.#signal.throwIfAborted();
    }
    try {
      entry.figures = figure();
    } catch (error) {
      this.#fail(entry, lookError(entry.name, error));
    }
  }

  #fail(entry: Entry, error: LsioError): void {
    delete entry.figures;
    entry.error = error;
    say(`lsio: ${error.message}`);
  }

  #noFiles(): Sum {
    return { files: 0, sizeBytes: 0, residentBytes: 0, ...(this.#evicting ? { residentBytesBefore: 0 } : {}) };
  }
}

function addTo(sum: Sum, { sizeBytes, residentBytes, residentBytesBefore = 0 }: CacheFigures): void {
  sum.files++;
  sum.sizeBytes += sizeBytes;
  sum.residentBytes += residentBytes;
  if (sum.residentBytesBefore !== undefined) sum.residentBytesBefore += residentBytesBefore;
}

/** @throws {LsioError} `read` where the kernel does not tell; what `node:fs` throws. */
function look(name: ByteText): CacheFigures {
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

function regularFile(name: ByteText): CachedFile {
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
function lookError(name: ByteText, error: unknown): LsioError {
  const known = systemError('read', textOf(name), error);
  if (isLsioError(known, 'read')) return known;
  throw known;
}
