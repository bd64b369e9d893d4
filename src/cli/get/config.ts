import { isatty } from 'node:tty';
import { LsioError } from '../../errors.js';
import type { ChecksumAlgorithm } from '../../output/checksum.js';
import type { OutputOptions } from '../../output/output-dir.js';
import { type ByteText, byteTextOf } from '../../paths/byte-text.js';
import { exists } from '../../paths/lists.js';
import { STDOUT } from '../../stdio.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import type { DirectChoice } from '../../store/local/direct.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import { type Merging, mergingOf, type ReadingConfig, readingConfigOf } from '../app/options.js';
import { remoteOptionsOf } from '../app/remote-options.js';
import { outputHint } from './explained.js';
import type { GetFlags } from './flags.js';
import type { InputOptions } from './inputs.js';

/** What `lsio get` is to do: every option, resolved once. */
export interface GetConfig {
  readonly inputs: InputOptions;
  readonly output: OutputConfig;
  readonly report: ReportConfig;
  /** Whether items are taken in the order asked for. */
  readonly ordered: boolean;
  readonly read: ReadConfig;
  /** How URLs are read. */
  readonly remote: RemoteOptions;
  /** Which engine reads, and what is said meanwhile. */
  readonly run: ReadingConfig;
  readonly dryRun: boolean;
}

/** Where the bytes go. */
export type OutputConfig =
  | { readonly to: 'stdout' | 'discard' }
  | { readonly to: 'tar'; readonly template: string | undefined }
  | { readonly to: 'directory'; readonly directory: ByteText; readonly options: OutputOptions };

/** What is told of each item. */
export interface ReportConfig {
  readonly json: boolean;
  /** Whether the JSON document lists the items. */
  readonly items: boolean;
  readonly checksum: ChecksumAlgorithm | undefined;
}

/** How files are read. */
export interface ReadConfig extends Merging {
  readonly direct: DirectChoice;
  /** Undefined: as the store does by itself. */
  readonly readOrder: ReadOrder | undefined;
}

/** @throws {LsioError} `usage` for options that contradict one another. */
export function resolve(paths: readonly string[], flags: GetFlags): GetConfig {
  refuseContradictions(flags);
  const { json, items, checksum, dryRun, direct, range: ranges, readOrder } = flags;
  const isOrderFree = flags.discard || flags.outputDir !== undefined;
  // A list in the order asked for is worth more than the little time that order costs.
  const ordered = !isOrderFree || (json ? items : checksum !== undefined);
  return {
    inputs: { ...inputFlags(flags), paths, ranges, anyOrder: readOrder !== 'given' && !ordered },
    output: outputOf(flags),
    report: { json, items, checksum },
    ordered,
    read: { ...mergingOf(flags), direct, readOrder: readOrder ?? (ordered ? undefined : 'device') },
    remote: remoteOptionsOf(flags),
    run: readingConfigOf(flags),
    dryRun,
  };
}

function inputFlags({ recursive, filesFrom, files0From, requests, exclude, strict }: GetFlags) {
  return { recursive, filesFrom, files0From, requests, exclude, strict };
}

function outputOf(flags: GetFlags): OutputConfig {
  const { outputDir, outputName: template, overwrite, skipExisting, preserveMode: preserveModes } = flags;
  if (flags.discard) return { to: 'discard' };
  if (outputDir === undefined) return flags.tar ? { to: 'tar', template } : { to: 'stdout' };
  // What is listed as delivered must have been.
  const lateErrors = flags.checksum === undefined && !(flags.json && flags.items);
  const options = { overwrite, skipExisting, preserveModes, template, lateErrors };
  return { to: 'directory', directory: byteTextOf(outputDir), options };
}

function refuseContradictions(flags: GetFlags): void {
  const { outputDir, discard, tar, overwrite, skipExisting, checksum, json, force, dryRun } = flags;
  const isOrderFree = discard || outputDir !== undefined;
  refuseTwo({ '--tar': tar, '-o': outputDir !== undefined, '--discard': discard });
  refuseTwo({ '--overwrite': overwrite, '--skip-existing': skipExisting });
  if (outputDir === undefined) refuseWithoutDirectory(flags);
  else refuseNoPath(outputDir);
  if (dryRun) return;
  if (checksum !== undefined && !isOrderFree) {
    throw new LsioError('usage', '--checksum goes with -o or --discard: stdout takes either the bytes or the digests');
  }
  if (isOrderFree) return;
  if (json) {
    throw new LsioError('usage', '--json goes with -o or --discard: stdout takes either the bytes or the document');
  }
  if (isatty(STDOUT) && !force) {
    throw new LsioError('usage', 'stdout is a terminal', { remedy: '> FILE, -o DIR, or --force' });
  }
}

/** A directory called `~` or `s3:` would be made: that is never meant. */
function refuseNoPath(directory: string): void {
  const [first = ''] = byteTextOf(directory).split('/');
  const remedy = exists(first) ? undefined : outputHint(directory);
  if (remedy !== undefined) throw new LsioError('usage', `-o ${directory}: not a directory`, { remedy });
}

function refuseWithoutDirectory({ overwrite, skipExisting, preserveMode, outputName, tar }: GetFlags): void {
  const needing = {
    '--overwrite': overwrite,
    '--skip-existing': skipExisting,
    '--no-preserve-mode': !preserveMode,
    '--output-name': outputName !== undefined && !tar,
  };
  const [option] = Object.entries(needing).find(([, isGiven]) => isGiven) ?? [];
  if (option !== undefined) throw new LsioError('usage', `${option} goes with -o`);
}

function refuseTwo(options: Readonly<Record<string, boolean>>): void {
  const [first, second] = Object.keys(options).filter((option) => options[option]);
  if (second !== undefined) throw new LsioError('usage', `${first} and ${second} contradict each other`);
}
