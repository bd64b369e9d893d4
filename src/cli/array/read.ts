import { isatty } from 'node:tty';
import { type Command, Option } from 'commander';
import { stringifyJson } from '../../array/exact-json.js';
import type { Selection } from '../../array/selection.js';
import { type ArrayData, type ReadCounts, readArray } from '../../compute/read.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import type { ArraySource } from '../../formats/source.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import { checkWholeFile, writeWholeFile } from '../../output/whole-file.js';
import type { ReadDocument } from '../../results/read.js';
import { STDOUT } from '../../stdio.js';
import { formatBytes, formatCount, formatDurationNs, parseCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { collect, startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addDecodingOptions, type DecodingConfig, type DecodingFlags, decodingConfigOf } from './decoding-options.js';
import { FORMATS, type Format, formatOf, partsOf } from './read-formats.js';
import {
  addSourceOptions,
  openSourceOf,
  type SourceConfig,
  type SourceFlags,
  sourceConfigOf,
} from './source-options.js';

const EXAMPLES = `Examples:
  lsio read era.zarr/t2m --isel time=-1 -o last.npy             the last step, for numpy
  lsio read era.zarr/t2m --sel lat=60:50,lon=-10:10 -o uk.npy   a region
  lsio read era.zarr/t2m --sel time=2001-03 --format csv        a month
  lsio read era.zarr/t2m --isel time=0 -o map.png               an image of one step
  lsio read era.zarr/lat                                        on a terminal: numbers

`;

interface Flags extends SourceFlags, SelectionTexts, DecodingFlags {
  readonly level?: number;
  readonly output?: string;
  readonly format?: Format;
  readonly overwrite: boolean;
  readonly maskAndScale?: boolean;
  readonly colors?: string;
  readonly range?: readonly [low: number, high: number];
  readonly json: boolean;
}

export function define(command: Command, context: Context): void {
  addDecodingOptions(addSourceOptions(command))
    .option(
      '--isel <selection>',
      'by position: dim=3, dim=10:20, dim=::2, negative from the end; repeatable',
      collect(String),
      [],
    )
    .option(
      '--sel <selection>',
      'by label: dim=VALUE, dim=~VALUE (nearest), dim=A:B (both included); repeatable',
      collect(String),
      [],
    )
    .option('--bbox <w,s,e,n>', 'west, south, east, north, by the labels of longitude and latitude')
    .option('--level <n>', 'of a multiscale image: 0 is the largest', parseLevel)
    .option('-o, --output <file>', `write to this file, in the format of its name: .${FORMATS.join(' .')}`)
    .addOption(new Option('--format <format>', 'the format, whatever the name, or of stdout').choices(FORMATS))
    .option('--overwrite', 'replace the file if it exists', false)
    .option(
      '--mask-and-scale',
      'missing values, scale, offset and times as the attributes say (default for csv, json, text, png)',
    )
    .option('--no-mask-and-scale', 'elements as they are stored (default for npy, npz, raw)')
    .option('--colors <name>', 'of a png: a colour map such as viridis, cividis, gray or rdbu_r', 'viridis')
    .option('--range <low:high>', 'of a png: the values of the first and the last colour', parseRange)
    .option('--json', 'with -o: print one JSON document', false)
    .addHelpText('before', EXAMPLES)
    .action((sources: readonly string[], flags: Flags) => read(resolve(sources, flags), context));
}

/** What read is to do: every option, resolved once. */
interface ReadConfig extends DecodingConfig {
  readonly source: SourceConfig;
  readonly level: number | undefined;
  readonly selection: SelectionTexts;
  readonly maskAndScale: boolean | undefined;
  readonly format: Format;
  readonly image: Pick<Flags, 'colors' | 'range'>;
  /** Undefined: stdout. */
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** @throws {LsioError} `usage` for options that contradict one another. */
function resolve(sources: readonly string[], flags: Flags): ReadConfig {
  const { level, isel, sel, bbox, maskAndScale, colors, range, output, overwrite, json } = flags;
  if (json && output === undefined) throw new LsioError('usage', '--json goes with -o: stdout can carry one of them');
  return {
    source: sourceConfigOf(sources, flags),
    ...decodingConfigOf(flags),
    selection: { isel, sel, bbox },
    format: formatOf(output, flags.format, isatty(STDOUT)),
    image: { ...(colors && { colors }), ...(range && { range }) },
    ...{ level, maskAndScale, output, overwrite, json },
  };
}

function parseLevel(text: string): number {
  return parseCount(text, { name: '--level', min: 0, max: 1000 });
}

function parseRange(text: string): readonly [low: number, high: number] {
  const [low, high, ...more] = text.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (low === undefined || high === undefined || more.length > 0 || !(low <= high)) {
    throw new LsioError('usage', `--range ${text}: two numbers LOW:HIGH are wanted, the lower one first`);
  }
  return [low, high];
}

async function read(config: ReadConfig, context: Context): Promise<void> {
  const { output, json, overwrite, format, maskAndScale, image } = config;
  const { run } = config.source;
  startRun(run, context);
  await refuseInputAsOutput(output, overwrite, config.source.sources);
  if (output !== undefined) checkWholeFile(output, overwrite);
  const { signal } = context;
  const source = await openSourceOf(config.source, signal);
  try {
    const array = chosenArray(source, config.source.array, config.level);
    const selection = await parseSelection(source, array, config.selection, signal);
    const beganNs = process.hrtime.bigint();
    const data = await readElements(array, selection, config, context);
    const parts = await partsOf(format, { source, array, selection, data, signal, maskAndScale, image });
    if (output === undefined) {
      const stdout = new StdoutWriter(signal);
      for (const part of parts) await stdout.write(typeof part === 'string' ? Buffer.from(part) : part);
      await stdout.end();
      return;
    }
    writeWholeFile(output, parts, overwrite);
    const wallNs = Number(process.hrtime.bigint() - beganNs);
    if (json) print(`${stringifyJson(documentOf(source, array, data, output, wallNs))}\n`);
    else if (!run.quiet) say(summary(array, data, output, wallNs));
  } finally {
    await source.close();
  }
}

async function readElements(array: ChunkedArray, selection: Selection, config: ReadConfig, { signal }: Context) {
  const { decoder, memoryBytesMax } = config;
  const { run, workers } = config.source;
  let chunks = 0;
  const progress = startProgress(run, () => ({ items: chunks, unit: 'chunks' }));
  try {
    return await readArray(array, {
      ...{ selection, decoder, direct: run.direct, workers, signal, memoryBytesMax },
      onProgress: (counts) => {
        chunks = counts.chunks;
      },
    });
  } finally {
    progress.stop();
  }
}

function documentOf(
  source: ArraySource,
  array: ChunkedArray,
  { shape, dtype, bytes, items, ...counts }: ArrayData & ReadCounts,
  output: string,
  wallNs: number,
): ReadDocument {
  return {
    schema: 'lsio.read/1',
    source: source.name,
    array: array.name,
    shape,
    dims: array.dims,
    dtype: dtype.name,
    bytes: items === undefined ? bytes.length : null,
    chunks: counts.chunks,
    chunksMissing: counts.chunksMissing,
    bytesRead: counts.bytesRead,
    bytesDecoded: counts.bytesDecoded,
    decoder: counts.decoder,
    workers: counts.workers,
    engine: source.engine,
    wallNs,
    boundBy: counts.decodeNs * 2 > wallNs * counts.workers ? 'decoding' : 'reading',
    output,
  };
}

function summary(array: ChunkedArray, data: ArrayData & ReadCounts, output: string, wallNs: number): string {
  const size = data.items === undefined ? formatBytes(data.bytes.length) : `${formatCount(data.items.length)} elements`;
  const missing = data.chunksMissing === 0 ? '' : ` (${formatCount(data.chunksMissing)} not stored)`;
  const from = `${formatCount(data.chunks)} chunks${missing}, ${formatBytes(data.bytesRead)} read`;
  return `${output}: ${array.dtype.name} (${data.shape.join(', ')}), ${size} from ${from}, ${formatDurationNs(wallNs)}`;
}
