import type { Command } from 'commander';
import { stringifyJson } from '../../array/exact-json.js';
import type { InfoDocument } from '../../results/info.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { lineWidth } from '../app/wrap.js';
import { gatherInfo, type Info } from './info-facts.js';
import { renderInfo } from './info-text.js';
import {
  addSourceOptions,
  chosenArrays,
  openSourceOf,
  type SourceConfig,
  type SourceFlags,
  sourceConfigOf,
} from './source-options.js';

const EXAMPLES = `
Examples:
  lsio info era.zarr                 what is in it?
  lsio info era.zarr/t2m             and in this array?
  lsio info --count era.zarr         how much of it is stored?
  lsio info --check era.zarr         is every chunk whole?`;

interface Flags extends SourceFlags {
  readonly count: boolean;
  readonly check: boolean;
  readonly json: boolean;
}

/** What info is to do: every option, resolved once. */
interface InfoConfig extends Pick<Flags, 'count' | 'check' | 'json'> {
  readonly source: SourceConfig;
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
    .action((sources: readonly string[], flags: Flags) => {
      const { count, check, json } = flags;
      return info({ source: sourceConfigOf(sources, flags), count, check, json }, context);
    });
}

async function info({ source: asked, count, check, json }: InfoConfig, context: Context): Promise<void> {
  const { array, run } = asked;
  startRun(run, context);
  const { signal } = context;
  const source = await openSourceOf(asked, signal);
  try {
    let chunks = 0;
    const progress = startProgress(run, () => ({ items: chunks, unit: 'chunks' }));
    let facts: Info;
    try {
      facts = await gatherInfo(source, chosenArrays(source, array), {
        count,
        check,
        signal,
        onChunk: () => chunks++,
        onNote: (note) => run.quiet || say(`lsio: ${note}`),
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
