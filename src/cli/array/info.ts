import type { Command } from 'commander';
import { stringifyJson } from '../../array/exact-json.js';
import { openSource } from '../../formats/open-source.js';
import type { InfoDocument } from '../../results/info.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { applyReadingOptions } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { lineWidth } from '../app/wrap.js';
import { gatherInfo, type Info } from './info-facts.js';
import { renderInfo } from './info-text.js';
import { addSourceOptions, chosenArrays, openOptionsOf, type SourceOptions } from './source-options.js';

const EXAMPLES = `
Examples:
  lsio info era.zarr                 what is in it?
  lsio info era.zarr/t2m             and in this array?
  lsio info --count era.zarr         how much of it is stored?
  lsio info --check era.zarr         is every chunk whole?`;

interface Options extends SourceOptions {
  readonly count: boolean;
  readonly check: boolean;
  readonly json: boolean;
}

export function define(command: Command, context: Context): void {
  addSourceOptions(command)
    .option('--count', 'count the chunks and bytes that are stored', false)
    .option('--check', 'read every chunk, and verify sizes and checksums', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLES)
    .addHelpText(
      'after',
      `
Of arrays that hold the labels of an axis the first and the last are read, of other arrays nothing.
An array that lsio can't read is listed, with the reason. Exit code 1: a chunk is bad.`,
    )
    .action((source: readonly string[], options: Options) => info(source, options, context));
}

async function info(sources: readonly string[], options: Options, context: Context): Promise<void> {
  applyReadingOptions(options, context);
  const { array, count, check, json, quiet } = options;
  const { signal } = context;
  const source = await openSource(sources, openOptionsOf(options, signal));
  try {
    let chunks = 0;
    const progress = startProgress({ mode: options.progress, quiet }, () => ({ items: chunks, unit: 'chunks' }));
    let facts: Info;
    try {
      facts = await gatherInfo(source, chosenArrays(source, array), {
        count,
        check,
        signal,
        onChunk: () => chunks++,
        onNote: (note) => quiet || say(`lsio: ${note}`),
      });
    } finally {
      progress.stop();
    }
    if (facts.arrays.some(({ badChunks = [] }) => badChunks.length > 0)) process.exitCode = EXIT.someFailed;
    print(json ? `${stringifyJson(documentOf(facts))}\n` : renderInfo(facts, lineWidth()));
  } finally {
    await source.close();
  }
}

function documentOf({ source, format, attributes, groups, arrays }: Info): InfoDocument {
  return {
    schema: 'lsio.info/1',
    source,
    format,
    attributes,
    groups,
    arrays: arrays.map(({ itemBytes: _, reason, ...array }) => ({
      ...array,
      readable: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    })),
  };
}
