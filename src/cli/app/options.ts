import { type Command, Option } from 'commander';
import { BUFFER_BYTES_MAX, type EngineInfo } from '../../engine/engine.js';
import { type EngineOptions, QUEUE_DEPTH_LIMIT, RINGS_MAX } from '../../engine/open.js';
import { LsioError } from '../../errors.js';
import { type CoalesceChoice, coalesceFor } from '../../plan/coalesce.js';
import { QUEUE_DEPTH_MAX } from '../../plan/window.js';
import { READ_BYTES_MAX_MIN, type ReadManyOptions } from '../../read/read-many.js';
import type { DirectChoice } from '../../store/local/direct.js';
import { parseBytes, parseCount, parseDurationNs } from '../../units.js';
import type { Context } from './context.js';
import { createLog, LOG_LEVELS, type Log, type LogLevel } from './log.js';
import { PROGRESS_MODES, type ProgressMode } from './progress.js';
import { say } from './talk.js';

/** setTimeout takes 31 bits of milliseconds. */
const TIMEOUT_NS_MAX = 2 ** 31 * 1e6;

/** The options of every command that takes its time, as commander hands them over. */
export interface RunFlags {
  readonly timeout?: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly logLevel?: LogLevel;
  readonly progress: ProgressMode;
  readonly color: 'auto' | 'always' | 'never';
}

/** How a command runs, whatever it does: its time limit, and what it tells meanwhile. */
export interface RunConfig extends Pick<RunFlags, 'quiet' | 'verbose' | 'progress' | 'color'> {
  readonly timeoutNs: number | undefined;
  readonly logLevel: LogLevel;
}

export function runConfigOf({ timeout, logLevel, quiet, verbose, progress, color }: RunFlags): RunConfig {
  return { timeoutNs: timeout, logLevel: logLevel ?? (verbose ? 'info' : 'warn'), quiet, verbose, progress, color };
}

/** Adds them, described as they concern this command. */
export function addRunOptions(
  command: Command,
  { quiet, progress, color }: Readonly<Record<'quiet' | 'progress' | 'color', string>>,
): Command {
  return command
    .option('--timeout <seconds>', 'give up after this time: 10, 500ms, 2m', parseTimeoutNs)
    .option('-q, --quiet', quiet, false)
    .option('-v, --verbose', 'the same as --log-level info', false)
    .addOption(
      new Option('--log-level <level>', 'log to stderr, as JSON lines (default: warn)').choices([...LOG_LEVELS]),
    )
    .addOption(new Option('--progress <when>', progress).choices([...PROGRESS_MODES]).default('auto'))
    .addOption(new Option('--color <when>', color).choices(['auto', 'always', 'never']).default('auto'));
}

/** The options of every command that reads, as commander hands them over. */
export interface ReadingFlags extends RunFlags, EngineFlags {}

/** Which engine reads, and how. */
interface EngineFlags {
  readonly engine: NonNullable<EngineOptions['engine']>;
  readonly queueDepth?: number;
  readonly rings: number | 'auto';
  readonly direct: DirectChoice;
}

/** How a command runs that reads. */
export interface ReadingConfig extends RunConfig, EngineFlags {}

export function readingConfigOf(flags: ReadingFlags): ReadingConfig {
  const { engine, queueDepth, rings, direct } = flags;
  return { ...runConfigOf(flags), engine, rings, direct, ...(queueDepth !== undefined && { queueDepth }) };
}

/** `--color` is accepted as everywhere; nothing that these commands print has colours. */
export function addReadingOptions(command: Command, { direct = 'auto' }: { direct?: DirectChoice } = {}): Command {
  command
    .addOption(
      new Option('--engine <engine>', 'what reads: io_uring, or node:fs; auto takes io_uring where it works')
        .choices(['auto', 'uring', 'node'])
        .default('auto'),
    )
    .option('--queue-depth <n>', 'reads in flight per ring (default: 256, at most 4 MiB)', parseQueueDepth)
    .option('--rings <n>', 'rings that share the work; auto: more when a CPU is the limit', parseRings, 'auto')
    .addOption(
      new Option('--direct <choice>', 'O_DIRECT: bypass the page cache; auto: while files are not in it')
        .choices(['auto', 'on', 'off'])
        .default(direct),
    );
  return addRunOptions(command, {
    quiet: 'no summary, no notes, no progress; errors only',
    progress: 'a progress bar on stderr',
    color: 'colours; this command prints none',
  });
}

/** The options of a command that merges ranges, as commander hands them over. */
export interface CoalesceFlags {
  readonly coalesce: CoalesceChoice['coalesce'];
  readonly maxRead?: number;
}

export function addCoalesceOptions(command: Command): Command {
  return command
    .option(
      '--coalesce <gap>',
      'merge ranges of a file that follow one another, with gaps of at most so many bytes: auto (6k, with O_DIRECT 12k), off, or a size',
      parseCoalesce,
      'auto',
    )
    .option(
      '--max-read <size>',
      'the largest single read; what is longer is read in parts (default: 8M, of merged ranges 256k)',
      parseMaxRead,
    );
}

/** How requests become reads. */
export type Merging = Pick<ReadManyOptions, 'coalesce' | 'readBytesMax'>;

/** What the options ask of a run: `auto` is decided in it, by how each file is read. */
export function mergingOf({ coalesce, maxRead }: CoalesceFlags): Merging {
  const ownGap = typeof coalesce === 'number';
  return {
    coalesce: ownGap ? coalesceFor({ coalesce, readBytesMax: maxRead }, { direct: false }) : coalesce,
    readBytesMax: maxRead,
  };
}

/** Starts what the options ask of the program itself: its log, and its time limit. */
export function startRun({ logLevel, timeoutNs }: RunConfig, context: Context): Log {
  const log = createLog(logLevel);
  context.debug = log.level === 'debug';
  if (timeoutNs !== undefined) {
    const timedOut = new LsioError('read', `not done after ${timeoutNs / 1e9} s`, {
      code: 'ETIMEDOUT',
      remedy: 'a longer --timeout',
    });
    setTimeout(() => context.stop(timedOut), timeoutNs / 1e6).unref();
  }
  return log;
}

/** Tells which engine reads; in one line for everybody when it is not what was to be expected. */
export function announceEngine(info: EngineInfo, { quiet, queueDepth }: ReadingConfig, log: Log): void {
  log.info('engine', info);
  if (quiet) return;
  if (info.engine === 'node' && info.remedy !== undefined) {
    say(`lsio: engine node, not io_uring: ${info.reason}; fix: ${info.remedy}`);
  } else if (queueDepth === undefined && info.queueDepth < QUEUE_DEPTH_MAX) {
    const instead = `queue depth ${info.queueDepth} instead of ${QUEUE_DEPTH_MAX}`;
    say(`lsio: ${instead}: ulimit -n (open files) or -l (locked memory) allows no more`);
  }
}

function parseCoalesce(text: string): CoalesceFlags['coalesce'] {
  return text === 'auto' || text === 'off' ? text : named('--coalesce', parseBytes)(text);
}

function parseMaxRead(text: string): number {
  const bytes = named('--max-read', parseBytes)(text);
  if (bytes >= READ_BYTES_MAX_MIN && bytes <= BUFFER_BYTES_MAX) return bytes;
  throw new LsioError(
    'usage',
    `--max-read: ${JSON.stringify(text)} is not a size from ${READ_BYTES_MAX_MIN} bytes to 8 MiB`,
  );
}

function parseQueueDepth(text: string): number {
  return parseCount(text, { name: '--queue-depth', min: 1, max: QUEUE_DEPTH_LIMIT });
}

function parseRings(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text, { name: '--rings', min: 1, max: RINGS_MAX });
}

function parseTimeoutNs(text: string): number {
  const timeoutNs = named('--timeout', parseDurationNs)(text);
  if (timeoutNs > 0 && timeoutNs < TIMEOUT_NS_MAX) return timeoutNs;
  throw new LsioError('usage', `--timeout: ${JSON.stringify(text)} is not between 0 and 24 days`);
}

/** A parser for an option that may be repeated: its values become a list. */
export function collect<Value>(
  parse: (text: string) => Value,
): (text: string, before: readonly Value[]) => readonly Value[] {
  return (text, before) => [...before, parse(text)];
}

/** A parser whose errors say which option they are about. */
export function named<Value>(option: string, parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof LsioError)) throw error;
      throw new LsioError(error.kind, `${option}: ${error.message}`, { cause: error });
    }
  };
}
