import type { Command } from 'commander';
import { openEngine } from '../engine/open.js';
import type { ByteRange } from '../range.js';
import type { Context } from './context.js';
import { CountingEngine } from './counting.js';
import { EXIT } from './exit.js';
import { inputsOf } from './get-inputs.js';
import { openSink, type SinkOptions } from './get-sinks.js';
import { Transfer } from './get-transfer.js';
import { addReadingOptions, announceEngine, applyReadingOptions, named, type ReadingOptions } from './options.js';
import { startProgress } from './progress.js';
import { parseRangeText } from './range-text.js';
import { say } from './talk.js';

const EXAMPLES = `Examples:
  lsio get a.bin b.bin > both.bin                one after the other, as cat does, only faster
  lsio get -r data/ -o copy/                     every file below data/, to copy/data/…
  lsio get -R 0-99 -R -8 big.bin | xxd           the first 100 bytes and the last 8
  lsio get 'big.bin#bytes=0-99,4096-8191' > two  ranges of one path
  find data -print0 | lsio get --files0-from - --discard

`;

interface GetOptions extends ReadingOptions, SinkOptions {
  readonly recursive: boolean;
  readonly range: readonly ByteRange[];
  readonly filesFrom: readonly string[];
  readonly files0From: readonly string[];
  readonly items: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[paths...]', 'files, directories (with -r), path#bytes=0-99,200-299, or - for a list on stdin')
    .option('-r, --recursive', 'directories: every file below them, by the byte order of their paths', false)
    .option('-R, --range <range>', 'of every path: 0-99, 100- or -8, as in HTTP; may be repeated', addRange, [])
    .option('--files-from <file>', 'paths from a file, one a line (-: stdin); may be repeated', addText, [])
    .option('--files0-from <file>', 'the same with a NUL after each, as find -print0 writes', addText, [])
    .option('-o, --output-dir <dir>', 'write each to a file of its own below this directory')
    .option('--overwrite', 'replace files that are there')
    .option('--discard', 'read and count only')
    .option('--force', 'write to stdout even if it is a terminal')
    .option('--json', 'print one JSON document; with -o or --discard')
    .option('--no-items', 'leave the list of items out of it')
    .addHelpText('before', EXAMPLES);
  addReadingOptions(command).action((paths: string[], options: GetOptions) => get(paths, options, context));
}

async function get(paths: readonly string[], options: GetOptions, context: Context): Promise<void> {
  const log = applyReadingOptions(options, context);
  const sink = await openSink(options, context);
  const transfer = new Transfer(sink, options, context);
  const asked = inputsOf({ ...options, paths, ranges: options.range, isOutput: sink.isOutput }, (name, error) =>
    transfer.refuse(name, error),
  );
  const inputs = (await sink.prepare?.(asked)) ?? asked;
  const engine = new CountingEngine(await openEngine(options));
  announceEngine(engine.info, options, log);
  const progress = startProgress({ mode: options.progress, quiet: options.quiet }, () => ({
    items: transfer.items + transfer.failed,
    bytes: transfer.bytes,
    itemsTotal: Array.isArray(inputs) ? inputs.length : undefined,
  }));
  try {
    await transfer.run(engine, inputs);
  } finally {
    progress.stop();
    sink.clear();
    await engine.close();
  }
  log.debug('read', engine.counts);
  if (transfer.failed > 0) process.exitCode = EXIT.someFailed;
  if (!options.quiet) say(transfer.summary(engine.info));
}

function addRange(text: string, ranges: readonly ByteRange[]): readonly ByteRange[] {
  return [...ranges, named('--range', parseRangeText)(text)];
}

function addText(text: string, texts: readonly string[]): readonly string[] {
  return [...texts, text];
}
