import { type Command, Option } from 'commander';
import type { LabelsOf } from '../../compute/axis-labels.js';
import { DEFAULT_REDUCTIONS } from '../../compute/reductions.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { type StatsRequest, specOfRequest } from '../../compute/statistics-request.js';
import type { StatsSpec } from '../../compute/stats-spec.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import type { ArraySource } from '../../formats/source.js';
import { parseCount } from '../../units.js';
import { collect } from '../app/options.js';
import { addDecodingOptions, type DecodingConfig, type DecodingFlags, decodingConfigOf } from './decoding-options.js';
import { type SourceConfig, type SourceFlags, sourceConfigOf } from './source-options.js';
import { type OutputConfig, type OutputFlags, outputConfigOf } from './stats-output.js';

/** The options of stats, as commander hands them over. */
export interface StatsFlags extends SourceFlags, SelectionTexts, DecodingFlags, OutputFlags {
  readonly reduce?: string;
  readonly over: string;
  readonly by?: string;
  readonly weights?: string;
  readonly exact: boolean;
  readonly ddof: number;
  readonly minCount: number;
  readonly skipna: boolean;
  readonly maskAndScale: boolean;
  readonly missing: 'count' | 'error';
  readonly skipErrors: boolean;
  readonly shard?: string;
  readonly partial?: string;
  readonly json: boolean;
}

/** What stats is to do: every option, resolved once. */
export interface StatsConfig extends DecodingConfig {
  readonly source: SourceConfig;
  readonly selection: SelectionTexts;
  readonly request: Omit<StatsRequest, 'selection'>;
  readonly skipErrors: boolean;
  readonly missingIsError: boolean;
  readonly output: OutputConfig | undefined;
  /** Which part, as it is given, and the directory that its result goes to. */
  readonly shard: { readonly text: string; readonly directory: string } | undefined;
  readonly json: boolean;
}

/** @throws {LsioError} `usage` for options that contradict one another. */
export function resolve(sources: readonly string[], flags: StatsFlags): StatsConfig {
  const { skipErrors, missing, shard: text, partial: directory, json, isel, sel, bbox } = flags;
  if ((text === undefined) !== (directory === undefined)) {
    throw new LsioError('usage', '--shard and --partial go together: which part, and where its result goes');
  }
  if (text !== undefined && (flags.output !== undefined || json)) {
    const option = flags.output === undefined ? '--json' : '--output';
    throw new LsioError('usage', `${option} has no meaning with --shard: see lsio merge`);
  }
  return {
    source: sourceConfigOf(sources, flags),
    ...decodingConfigOf(flags),
    selection: { isel, sel, bbox },
    request: requestOf(flags),
    skipErrors,
    missingIsError: missing === 'error',
    output: outputConfigOf(flags),
    shard: text === undefined ? undefined : { text, directory: directory! },
    json,
  };
}

function requestOf({ reduce, over, by, weights, exact, ddof, minCount, skipna, maskAndScale }: StatsFlags) {
  const names = (list: string): string[] => list.split(',').map((name) => name.trim());
  return {
    reductions: reduce === undefined ? undefined : names(reduce),
    over: over === 'all' ? ('all' as const) : names(over),
    ...{ by, weights, exact, ddof, minCount, skipMissing: skipna, maskAndScale },
  };
}

const COUNT_MAX = 1e9;

function count(text: string, name: string): number {
  return parseCount(text, { name, min: 0, max: COUNT_MAX });
}

export function addStatsOptions(command: Command): Command {
  return addDecodingOptions(command)
    .option('--reduce <names>', `of ${DEFAULT_REDUCTIONS.join(',')} (default), sum, var, median, q0.05, hist:64`)
    .option('--over <dims>', 'the axes that are reduced: time, or lat,lon', 'all')
    .option('--by <dim.field>', 'groups of time steps: time.year, .month, .hour, .dayofyear or .season')
    .option('--weights <function>', "cos(lat): each value's weight")
    .option('--sel <dim=label>', 'by label: time=2001-03,lat=60:50,lon=~10 (repeatable)', collect(String), [])
    .option('--isel <dim=index>', 'by position: time=0:10 (repeatable)', collect(String), [])
    .option('--bbox <w,s,e,n>', 'west, south, east, north, by the labels of longitude and latitude')
    .option('--exact', 'correctly rounded, the same bits for any chunks', false)
    .option('--ddof <n>', 'subtracted from the count in std and var', (text: string) => count(text, '--ddof'), 0)
    .option('--min-count <n>', 'fewer values give no result', (text: string) => count(text, '--min-count'), 0)
    .option('--no-skipna', 'one missing value makes its result missing')
    .option('--no-mask-and-scale', 'stored numbers: no missing values, no scale and offset')
    .addOption(
      new Option('--missing <what>', 'chunks that are not stored: count them, or stop')
        .choices(['count', 'error'])
        .default('count'),
    )
    .option('--skip-errors', 'leave out chunks that are damaged, and count them', false);
}

/** What the options ask for. @throws {LsioError} as {@link specOfRequest} and {@link parseSelection} */
export async function specOf(
  source: ArraySource,
  array: ChunkedArray,
  { selection: texts, request }: StatsConfig,
  labelsOf: LabelsOf,
  signal: AbortSignal,
): Promise<StatsSpec> {
  const selection = await parseSelection(source, array, texts, signal);
  return specOfRequest(array, { ...request, selection }, labelsOf);
}
