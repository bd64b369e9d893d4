import { type Command, Option } from 'commander';
import type { ChecksumAlgorithm } from '../../output/checksum.js';
import { parseRangeText } from '../../paths/range-text.js';
import type { ByteRange } from '../../range.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import {
  addCoalesceOptions,
  addReadingOptions,
  type CoalesceFlags,
  collect,
  named,
  type ReadingFlags,
} from '../app/options.js';
import { addRemoteOptions, type RemoteFlags } from '../app/remote-options.js';

/** The options of `lsio get`, as commander hands them over. */
export interface GetFlags extends ReadingFlags, RemoteFlags, CoalesceFlags {
  readonly recursive: boolean;
  readonly range: readonly ByteRange[];
  readonly filesFrom: readonly string[];
  readonly files0From: readonly string[];
  readonly requests: readonly string[];
  readonly exclude: readonly string[];
  readonly strict: boolean;
  readonly outputDir?: string;
  readonly overwrite: boolean;
  readonly skipExisting: boolean;
  readonly outputName?: string;
  readonly preserveMode: boolean;
  readonly tar: boolean;
  readonly discard: boolean;
  readonly force: boolean;
  readonly checksum?: ChecksumAlgorithm;
  readonly json: boolean;
  readonly items: boolean;
  readonly readOrder?: ReadOrder;
  readonly dryRun: boolean;
}

export function addFlags(command: Command): Command {
  command
    .argument(
      '[paths...]',
      'files, globs, directories (with -r), URLs, path#bytes=0-99,200-299, or - for a list on stdin',
    )
    .option('-r, --recursive', 'directories: every file below them, by the byte order of their paths', false)
    .option('--exclude <glob>', 'leave out what matches; may be repeated', collect(String), [])
    .option(
      '-R, --range <range>',
      'of every path: 0-99, 100- or -8, as in HTTP; may be repeated',
      collect(named('--range', parseRangeText)),
      [],
    )
    .option('--files-from <file>', 'paths from a file, one a line (-: stdin); may be repeated', collect(String), [])
    .option('--files0-from <file>', 'the same with a NUL after each, as find -print0 writes', collect(String), [])
    .option(
      '--requests <file>',
      'requests in JSON from a file, one a line (-: stdin); may be repeated',
      collect(String),
      [],
    )
    .option('--strict', 'a malformed line in a list ends the command before anything is read', false)
    .option('-o, --output-dir <dir>', 'write each to a file of its own below this directory')
    .option('--overwrite', 'replace files that are there', false)
    .option('--skip-existing', 'with -o: leave files that are there, and get the others', false)
    .option('--output-name <template>', 'with -o, --tar: names of {path} {id} {offset} {length} {index}')
    .option('--no-preserve-mode', 'with -o: permissions as the umask leaves them, not those of the inputs')
    .option('--tar', 'write a tar archive to stdout', false)
    .option('--discard', 'read and count only', false)
    .option('--force', 'write to stdout even if it is a terminal', false)
    .addOption(new Option('--checksum <algorithm>', 'a digest of each item').choices(['sha256', 'crc32c']))
    .option('--json', 'print one JSON document; with -o or --discard', false)
    .option('--no-items', 'leave the list of items out of it')
    .addOption(
      new Option(
        '--read-order <order>',
        'cold files: as they lie on the device (default with -o, --discard), or as given (default else)',
      ).choices(['device', 'given']),
    )
    .option('--dry-run', 'print what would be read', false);
  return addRemoteOptions(addReadingOptions(addCoalesceOptions(command)));
}
