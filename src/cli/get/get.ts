import { type Command, Option } from 'commander';
import { CountingEngine } from '../../engine/counting.js';
import type { Path } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { LsioError } from '../../errors.js';
import { byteTextOf } from '../../paths/byte-text.js';
import { parseRangeText } from '../../paths/range-text.js';
import type { ByteRange } from '../../range.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import {
  addCoalesceOptions,
  addReadingOptions,
  announceEngine,
  applyReadingOptions,
  type CoalesceOptions,
  mergingOf,
  named,
  type ReadingOptions,
} from '../app/options.js';
import { type Progress, startProgress } from '../app/progress.js';
import { say } from '../app/talk.js';
import { inputsOf } from './inputs.js';
import { addSinkOptions, openSink, type SinkOptions } from './sinks.js';
import { stoppedText } from './summary.js';
import { Transfer } from './transfer.js';

const EXAMPLES = `
Examples:
  lsio get a.bin b.bin > both.bin         one after the other, like cat
  lsio get -r data/ -o copy/              every file below data/, to copy/data/…
  lsio get -r data/ -o copy/ --skip-existing            what is still missing
  lsio get -r src --exclude node_modules --exclude '*.o' -o copy/
  lsio get 'data/**/*.bin' --discard      lsio expands a quoted glob itself
  lsio get -R 0-99 -R -8 big.bin | xxd    the first 100 bytes and the last 8
  lsio get 'big.bin#bytes=0-99,4096-8191' > two         ranges of one path
  lsio get 'big.bin#bytes=0-99,4096-8191' -o two        each range to a file
  find data -print0 | lsio get --files0-from - --discard --checksum sha256
  lsio get --requests ranges.jsonl -o parts/            one JSON object a line
  lsio get -r data/ --dry-run           what would be read, and how`;

const NOTES = `
-o DIR: the path below DIR is the one given, so -r /tmp/a -o out makes out/tmp/a.
Globs: * and ? within a name, ** any directories, [abc], {a,b}; a leading dot has to be written. They give files, and a
file of that very name wins. Links to directories are not followed. Names that are not UTF-8 are found, too: each byte
that is not counts as a character.
--exclude: a pattern without a slash matches the name of a file or directory at any depth; one with a slash the path below
the directory that was given, or the whole path where a glob or list gave it; with a slash at its end directories only.
It knows * ? ** [a-z] {a,b} and \\, and takes leading dots as other characters. A path of the command line stays.
--requests: one JSON object a line, of up to 1 MiB: {"path", "offset", "length"}, {"path", "suffixLength"} or {"path"},
each with an "id" (text or number) that comes back in the JSON document. In a path of either, each byte that is not
UTF-8 is a lone surrogate (\\udc80 to \\udcff), as Python writes it.
Lists: a byte order mark and carriage returns at the ends of lines are left out, unless files have such names.
-o: a file appears under its name when it is whole, so a run that was stopped can go on with --skip-existing. Permissions
and holes are kept as cp keeps them. Nothing is synced: after a power failure a name may hold nothing (run sync).
--output-name: {path} is the path without its leading slash, {id} of the request, {offset} and {length} as they were asked
for, {index} from 0 on in the order asked. Example: --output-name '{id}.bin'.
--strict reads all lists before anything else: stdin and pipes are held in memory then.
--read-order changes nothing in the output. Device order goes by inode number, where dozens of files of a directory are
asked for at a time and aren't in the page cache.
--dry-run trusts the sizes that the file system states: procfs has none. A run merges what has come from a long list by
then: now and then less than the plan says. Where --direct auto reads
past the page cache, it merges more.
A closed stdout (>&-) can't be told from /dev/null: Node puts that in its place.`;

interface GetOptions extends ReadingOptions, SinkOptions, CoalesceOptions {
  readonly recursive: boolean;
  readonly range: readonly ByteRange[];
  readonly filesFrom: readonly string[];
  readonly files0From: readonly string[];
  readonly requests: readonly string[];
  readonly exclude: readonly string[];
  readonly strict: boolean;
  readonly dryRun: boolean;
  readonly readOrder?: ReadOrder;
  readonly items: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[paths...]', 'files, globs, directories (with -r), path#bytes=0-99,200-299, or - for a list on stdin')
    .option('-r, --recursive', 'directories: every file below them, by the byte order of their paths', false)
    .option('--exclude <glob>', 'leave out what matches; may be repeated', addText, [])
    .option('-R, --range <range>', 'of every path: 0-99, 100- or -8, as in HTTP; may be repeated', addRange, [])
    .option('--files-from <file>', 'paths from a file, one a line (-: stdin); may be repeated', addText, [])
    .option('--files0-from <file>', 'the same with a NUL after each, as find -print0 writes', addText, [])
    .option('--requests <file>', 'requests in JSON from a file, one a line (-: stdin); may be repeated', addText, [])
    .option('--strict', 'a malformed line in a list ends the command before anything is read', false);
  addSinkOptions(command)
    .addOption(
      new Option(
        '--read-order <order>',
        'cold files: as they lie on the device (default with -o, --discard), or as given (default else)',
      ).choices(['device', 'given']),
    )
    .option('--dry-run', 'print what would be read', false)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', NOTES);
  addReadingOptions(addCoalesceOptions(command)).action((paths: string[], options: GetOptions) =>
    get(paths, options, context),
  );
}

async function get(paths: readonly string[], options: GetOptions, context: Context): Promise<void> {
  const asked = { ...options, paths, ranges: options.range };
  if (options.dryRun) {
    const { dryRun } = await import('./dry-run.js');
    return dryRun((onError) => inputsOf(asked, onError), options, context);
  }
  const log = applyReadingOptions(options, context);
  const merging = mergingOf(options);
  if (options.checksum !== undefined && options.discard !== true && options.outputDir === undefined) {
    throw new LsioError('usage', '--checksum goes with -o or --discard: stdout takes either the bytes or the digests');
  }
  const sink = await openSink(options, context);
  const transfer = new Transfer(sink, options, context);
  const found = await inputsOf({ ...asked, anyOrder: anyOrder(options, transfer), place: sink.place }, (...refused) =>
    transfer.refuse(...refused),
  );
  // Before the sink starts a thread: what fails from here on is cleaned up below.
  const engine = new CountingEngine(await openEngine(options));
  let progress: Progress | undefined;
  let total: number | undefined;
  try {
    announceEngine(engine.info, options, log);
    const inputs = (await sink.prepare?.(found)) ?? { batches: found };
    if ('length' in inputs) {
      transfer.skipped = inputs.skipped;
      total = inputs.length;
    }
    progress = startProgress({ mode: options.progress, quiet: options.quiet }, () => ({
      items: transfer.items + transfer.failed,
      bytes: transfer.bytes,
      itemsTotal: total,
    }));
    const readOrder = transfer.ordered ? options.readOrder : await readOrderOf(options, paths);
    await transfer.run(engine, inputs, { ...merging, readOrder });
  } catch (error) {
    progress?.stop();
    if (context.signal.aborted && !options.quiet) {
      say(`${transfer.stop(engine.info)}, stopped`);
      if (options.outputDir !== undefined && total !== undefined) say(stoppedText(transfer.items, total));
    }
    throw error;
  } finally {
    progress?.stop();
    sink.clear();
    await engine.close();
  }
  const { direct, buffered } = engine.counts;
  log.info('direct', { asked: options.direct, direct, buffered });
  log.debug('read', engine.counts);
  if (transfer.failed > 0) process.exitCode = EXIT.someFailed;
  if (options.quiet) return;
  if (options.direct === 'on' && engine.bufferedPath !== undefined) sayBuffered(engine, engine.bufferedPath);
  say(transfer.summary(engine.info));
}

/** Warns when --direct on fell back to buffered reads. */
function sayBuffered({ counts: { direct, buffered } }: CountingEngine, path: Path): void {
  const first = typeof path === 'string' ? path : Buffer.from(path).toString();
  say(`lsio: ${buffered} of ${direct + buffered} reads went through the page cache: no O_DIRECT for ${first}`);
}

/** Directories that were gone through in device order are in it already: they need not be read again for that. */
async function readOrderOf(
  { readOrder = 'device', recursive, filesFrom, files0From, requests }: GetOptions,
  paths: readonly string[],
): Promise<ReadOrder> {
  if (!recursive || filesFrom.length + files0From.length + requests.length > 0) return readOrder;
  const { isDirectory } = await import('../../paths/walk.js');
  return paths.every((path) => isDirectory(byteTextOf(path))) ? 'given' : readOrder;
}

/** Whether directories may be gone through in any order. */
function anyOrder({ readOrder }: GetOptions, { ordered }: Transfer): boolean {
  return readOrder !== 'given' && !ordered;
}

function addRange(text: string, ranges: readonly ByteRange[]): readonly ByteRange[] {
  return [...ranges, named('--range', parseRangeText)(text)];
}

function addText(text: string, texts: readonly string[]): readonly string[] {
  return [...texts, text];
}
