import { type Command, Option } from 'commander';
import { WORKERS_MAX, type WorkersChoice } from '../../compute/workers/run-job.js';
import { LsioError } from '../../errors.js';
import { CALIBRATIONS, type Calibration } from '../../formats/nat/calibrate.js';
import type { OpenSourceOptions } from '../../formats/open-options.js';
import { openSource } from '../../formats/open-source.js';
import type { ArraySource, ListedArray } from '../../formats/source.js';
import { parseCount } from '../../units.js';
import { EXIT } from '../app/exit.js';
import { addReadingOptions, type ReadingConfig, type ReadingFlags, readingConfigOf } from '../app/options.js';
import { addRemoteOptions, type RemoteFlags, remoteOptionsOf } from '../app/remote-options.js';
import { say } from '../app/talk.js';
import { addFieldOptions, type FieldFlags, selectionOf } from './field-options.js';

/** The options of every command that takes a SOURCE, as commander hands them over. */
export interface SourceFlags extends ReadingFlags, RemoteFlags, FieldFlags {
  readonly array?: string;
  readonly verify: boolean;
  readonly allowOutside: boolean;
  readonly calibration?: Calibration;
  readonly workers: WorkersChoice;
}

const SOURCE_HELP =
  'a Zarr store (directory or .zip), a GRIB or .nat file or a kerchunk reference file, also a URL; a path in it may follow: era.zarr/t2m; several GRIB files, a directory or a quoted pattern of them are one source';

/** @param defaults of {@link addReadingOptions} */
export function addSourceOptions(command: Command, defaults?: Parameters<typeof addReadingOptions>[1]): Command {
  command
    .argument('<source...>', SOURCE_HELP)
    .option('-a, --array <name>', 'the array, where there are several')
    .option('--no-verify', "don't verify checksums")
    .option('--allow-outside', 'a reference file may refer to files outside of its directory', false);
  addFieldOptions(command);
  command.addOption(
    new Option(
      '--calibration <kind>',
      '.nat: what counts become (default: bt, of sunlit channels reflectance)',
    ).choices([...CALIBRATIONS]),
  );
  command.option(
    '--workers <n>',
    'threads that read and decode; auto: up to one a CPU, as the work asks for',
    parseWorkers,
    'auto',
  );
  return addRemoteOptions(addReadingOptions(command, defaults));
}

function parseWorkers(text: string): WorkersChoice {
  return text === 'auto' ? text : parseCount(text, { name: '--workers', min: 1, max: WORKERS_MAX });
}

/** Which source a command takes and how it is read: every option of it, resolved once. */
export interface SourceConfig {
  readonly sources: readonly string[];
  readonly array: string | undefined;
  readonly open: OpenSourceOptions;
  readonly workers: WorkersChoice;
  readonly run: ReadingConfig;
}

export function sourceConfigOf(sources: readonly string[], flags: SourceFlags): SourceConfig {
  const { array, verify, allowOutside, calibration, workers } = flags;
  const run = readingConfigOf(flags);
  // Workers have rings of their own: more threads that enter the kernel would be in their way.
  const rings = run.rings === 'auto' && workers !== 1 ? 1 : run.rings;
  const { engine, direct, queueDepth } = run;
  const reading = { engine, rings, direct, ...(queueDepth !== undefined && { queueDepth }) };
  const how = { verify, allowOutside, fields: selectionOf(flags), calibration, remote: remoteOptionsOf(flags) };
  return { sources, array, open: { ...reading, ...how }, workers, run };
}

/** Opens it. @throws {LsioError} as {@link openSource} */
export function openSourceOf(
  { sources, open, run: { quiet } }: SourceConfig,
  signal: AbortSignal,
): Promise<ArraySource> {
  const onWarning = (text: string) => {
    // Something is missing from the arrays: the exit code says so, quiet or not.
    process.exitCode = EXIT.someFailed;
    if (!quiet) say(`lsio: ${text}`);
  };
  return openSource(sources, { ...open, onWarning, signal });
}

/**
 * The arrays that a command is about: those below the path that follows the source, or the one that `--array` names.
 *
 * @throws {LsioError} `usage` for an array that isn't there.
 */
export function chosenArrays({ name, path, arrays }: ArraySource, array: string | undefined): readonly ListedArray[] {
  const within = arrays.filter((one) => path === '' || one.name === path || one.name.startsWith(`${path}/`));
  if (array === undefined) {
    if (within.length > 0 || path === '') return within;
    throw new LsioError('read', `${name}: no array or group of that name`, { code: 'ENOENT', path: name });
  }
  const wanted = array.replace(/^\//, '');
  const found = within.find((one) => one.name === wanted || one.name === `${path}/${wanted}`);
  if (found !== undefined) return [found];
  throw new LsioError('usage', `${name} has no array ${JSON.stringify(array)}`, { remedy: namesText(within) });
}

/** `it has: a, b, c, …` */
export function namesText(arrays: readonly ListedArray[]): string {
  const names = arrays.map(({ name }) => name);
  return names.length === 0
    ? 'it has none'
    : `it has: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;
}
