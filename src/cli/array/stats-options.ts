import { type Command, Option } from 'commander';
import type { LabelsOf } from '../../compute/axis-labels.js';
import { DEFAULT_REDUCTIONS } from '../../compute/reductions.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { specOfRequest } from '../../compute/statistics-request.js';
import type { StatsSpec } from '../../compute/stats-spec.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import type { ArraySource } from '../../formats/source.js';
import { parseCount } from '../../units.js';
import { collect } from '../app/options.js';
import { addDecodingOptions, type DecodingOptions } from './decoding-options.js';
import type { SourceOptions } from './source-options.js';

/** The options of stats, as commander hands them over. */
export interface StatsCommandOptions extends SourceOptions, SelectionTexts, DecodingOptions {
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
  readonly output?: string;
  readonly overwrite: boolean;
  readonly shard?: string;
  readonly partial?: string;
  readonly json: boolean;
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
export async function specOfOptions(
  source: ArraySource,
  array: ChunkedArray,
  options: StatsCommandOptions,
  labelsOf: LabelsOf,
  signal: AbortSignal,
): Promise<StatsSpec> {
  const selection = await parseSelection(source, array, options, signal);
  const names = (text: string): string[] => text.split(',').map((name) => name.trim());
  const request = {
    selection,
    reductions: options.reduce === undefined ? undefined : names(options.reduce),
    over: options.over === 'all' ? ('all' as const) : names(options.over),
    by: options.by,
    weights: options.weights,
    exact: options.exact,
    ddof: options.ddof,
    minCount: options.minCount,
    skipMissing: options.skipna,
    maskAndScale: options.maskAndScale,
  };
  return specOfRequest(array, request, labelsOf);
}
