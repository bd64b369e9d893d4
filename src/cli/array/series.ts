import type { Command } from 'commander';
import { axisLabels, type LabelsOf, labelReader } from '../../compute/axis-labels.js';
import { packingOf } from '../../compute/present.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { readSeries, type Series } from '../../compute/series.js';
import { LsioError } from '../../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import type { ArraySource } from '../../formats/source.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import { writeWholeFile } from '../../output/whole-file.js';
import type { SeriesDocument } from '../../results/series.js';
import type { Context } from '../app/context.js';
import { collect, type RunConfig, startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addDecodingOptions, type DecodingConfig, type DecodingFlags, decodingConfigOf } from './decoding-options.js';
import { indexOfLabel, type Point, parsePoint, readPoints } from './series-points.js';
import {
  addSourceOptions,
  openSourceOf,
  type SourceConfig,
  type SourceFlags,
  sourceConfigOf,
} from './source-options.js';

const EXAMPLES = `Examples:
  lsio series era.zarr/t2m --at lat=51.5,lon=-0.1                   one point: point,time,value
  lsio series era.zarr/t2m --points stations.csv -o t2m.csv  lat, lon[, point]

`;
const NOTES = `
A point is the nearest grid point, at most half a step away; longitudes wrap. Missing values are empty (null with --json).
Axes that the points do not name are selected by --sel or --isel; along the one that is left the series go.`;

interface Flags extends SourceFlags, DecodingFlags {
  readonly at: readonly string[];
  readonly points?: string;
  readonly sel: readonly string[];
  readonly isel: readonly string[];
  readonly maskAndScale: boolean;
  readonly output?: string;
  readonly overwrite: boolean;
  readonly json: boolean;
}

export function define(command: Command, context: Context): void {
  addDecodingOptions(addSourceOptions(command))
    .option('--at <dim=label>', 'a point: lat=51.5,lon=-0.1 (repeatable)', collect(String), [])
    .option('--points <file>', 'points from a CSV file')
    .option('--sel <dim=label>', 'by label: time=2001-03 (repeatable)', collect(String), [])
    .option('--isel <dim=index>', 'by position: level=0 (repeatable)', collect(String), [])
    .option('--no-mask-and-scale', 'stored numbers: no missing values, no scale and offset')
    .option('-o, --output <file>', 'write the CSV to this file')
    .option('--overwrite', 'replace the file if it exists', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action((sources: readonly string[], flags: Flags) => series(resolve(sources, flags), context));
}

/** What series is to do: every option, resolved once. */
interface SeriesConfig extends DecodingConfig {
  readonly source: SourceConfig;
  readonly points: readonly Point[];
  /** Where they were read from. */
  readonly pointsFiles: readonly string[];
  readonly selection: SelectionTexts;
  readonly maskAndScale: boolean;
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly json: boolean;
}

function resolve(sources: readonly string[], flags: Flags): SeriesConfig {
  const { at, sel, isel, maskAndScale, output, overwrite, json } = flags;
  const points = [...at.map(parsePoint), ...(flags.points === undefined ? [] : readPoints(flags.points))];
  if (points.length === 0) throw new LsioError('usage', 'no point: say where with --at or --points');
  const decoding = decodingConfigOf(flags);
  const pointsFiles = flags.points === undefined ? [] : [flags.points];
  const how = { selection: { sel, isel }, maskAndScale, output, overwrite, json };
  return { source: sourceConfigOf(sources, flags), ...decoding, points, pointsFiles, ...how };
}

async function series(config: SeriesConfig, context: Context): Promise<void> {
  const { points, output, json, memoryBytesMax } = config;
  const { run } = config.source;
  startRun(run, context);
  await refuseInputAsOutput(output, config.overwrite, [...config.source.sources, ...config.pointsFiles]);
  const { signal } = context;
  const source = await openSourceOf(config.source, signal);
  try {
    const array = chosenArray(source, config.source.array, undefined);
    const labelsOf = labelReader(source, array, signal);
    const selection = await parseSelection(source, array, config.selection, signal);
    const axis = axisOfSeries(
      array,
      selection.map(({ drop }) => drop),
      points,
    );
    const places = await placesOf(
      array,
      selection.map(({ runs }) => runs[0]!.start),
      axis,
      points,
      labelsOf,
    );
    const decoder = await openDecoder(array.decoder, config.decoder);
    const packing = config.maskAndScale ? packingOf(array) : undefined;
    const request = { axis, along: selection[axis]!, points: places, packing };
    const beganNs = process.hrtime.bigint();
    const result = await watched(run, (onChunk) =>
      readSeries(array, decoder, request, { memoryBytesMax, signal, onChunk }),
    );
    const wallNs = Number(process.hrtime.bigint() - beganNs);
    const steps = await axisLabels(array.dims[axis]!, selection, axis, labelsOf);
    const about = { source, array, decoder, dim: array.dims[axis]!, points, steps, result, wallNs };
    if (json) print(`${JSON.stringify(documentOf(about))}\n`);
    if (output !== undefined) writeWholeFile(output, csvParts(about), config.overwrite);
    else if (!json) for (const part of csvParts(about)) print(part);
  } finally {
    await source.close();
  }
}

/** The one axis that is neither a point's nor selected by one index or label. */
function axisOfSeries({ dims, name }: ChunkedArray, dropped: readonly boolean[], points: readonly Point[]): number {
  for (const { name: point, labels } of points) {
    for (const dim of labels.keys()) {
      if (!dims.includes(dim)) {
        throw new LsioError('usage', `point ${point}: ${name} has no axis ${dim}: its axes are ${dims.join(', ')}`);
      }
    }
  }
  const [first] = points;
  const left = dims.filter((dim, axis) => !dropped[axis] && !first!.labels.has(dim));
  if (left.length === 1) return dims.indexOf(left[0]!);
  const found = left.length === 0 ? 'no axis is left' : `more than one axis is left: ${left.join(', ')}`;
  throw new LsioError('usage', `${found}; series go along one`, { remedy: 'select the others with --sel or --isel' });
}

async function placesOf(
  { dims }: ChunkedArray,
  selected: readonly number[],
  axis: number,
  points: readonly Point[],
  labelsOf: LabelsOf,
): Promise<number[][]> {
  const places: number[][] = [];
  for (const { name, labels } of points) {
    const place = [...selected];
    for (const [i, dim] of dims.entries()) {
      if (i === axis) continue;
      const label = labels.get(dim);
      if (label !== undefined) place[i] = indexOfLabel(dim, await labelsOf(dim), label);
      else if (points[0]!.labels.has(dim)) throw new LsioError('usage', `point ${name}: ${dim} is missing`);
    }
    places.push(place);
  }
  return places;
}

async function watched<Result>(config: RunConfig, read: (onChunk: () => void) => Promise<Result>): Promise<Result> {
  let chunks = 0;
  const progress = startProgress(config, () => ({ items: chunks, unit: 'chunks' }));
  try {
    return await read(() => chunks++);
  } finally {
    progress.stop();
  }
}

/** What is told of series. */
interface About {
  readonly source: ArraySource;
  readonly array: ChunkedArray;
  readonly decoder: ChunkDecoder;
  readonly dim: string;
  readonly points: readonly Point[];
  readonly steps: readonly unknown[];
  readonly result: Series;
  readonly wallNs: number;
}

function documentOf({ source, array, decoder, dim, points, steps, result, wallNs }: About): SeriesDocument {
  const { values, ...counts } = result;
  return {
    schema: 'lsio.series/1',
    source: source.name,
    array: array.name,
    dim,
    coords: steps,
    points: points.map(({ name }, i) => ({ point: name, values: [...values[i]!].map(jsonNumber) })),
    ...counts,
    workers: 1,
    decoder: decoder.decoder,
    engine: source.engine,
    wallNs,
  };
}

function jsonNumber(value: number): number | string | null {
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}

/** Rows are put together in parts of this length. */
const PART_CHARS = 2 ** 16;

function* csvParts({ dim, points, steps, result }: About): Generator<string> {
  let text = `point,${csvCell(dim)},value\n`;
  for (const [i, { name }] of points.entries()) {
    const point = csvCell(name);
    for (const [step, value] of result.values[i]!.entries()) {
      text += `${point},${csvCell(String(steps[step]))},${Number.isNaN(value) ? '' : value}\n`;
      if (text.length < PART_CHARS) continue;
      yield text;
      text = '';
    }
  }
  yield text;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
