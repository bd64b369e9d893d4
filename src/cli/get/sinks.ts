import { isatty } from 'node:tty';
import { type Command, Option } from 'commander';
import { LsioError } from '../../errors.js';
import type { ChecksumAlgorithm } from '../../output/checksum.js';
import type { Input, Inputs } from '../../output/input.js';
import type { InputList } from '../../output/input-list.js';
import type { OutputOptions } from '../../output/output-dir.js';
import { OutputPlace, stdoutFileTest } from '../../output/same-file.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import { byteTextOf } from '../../paths/byte-text.js';
import { exists } from '../../paths/lists.js';
import type { ReadItem } from '../../store/read-item.js';
import type { Context } from '../app/context.js';
import { hintOf } from './explained.js';

const STDOUT = 1;

export interface SinkOptions {
  readonly outputDir?: string;
  readonly overwrite?: boolean;
  readonly preserveMode?: boolean;
  readonly skipExisting?: boolean;
  readonly outputName?: string;
  readonly discard?: boolean;
  readonly tar?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  /** Whether the JSON document lists the items. */
  readonly items?: boolean;
  /** Of each item, in the JSON document. */
  readonly checksum?: ChecksumAlgorithm;
}

export function addSinkOptions(command: Command): Command {
  return command
    .option('-o, --output-dir <dir>', 'write each to a file of its own below this directory')
    .option('--overwrite', 'replace files that are there')
    .option('--skip-existing', 'with -o: leave files that are there, and get the others')
    .option('--output-name <template>', 'with -o, --tar: names of {path} {id} {offset} {length} {index}')
    .option('--no-preserve-mode', 'with -o: permissions as the umask leaves them, not those of the inputs')
    .option('--tar', 'write a tar archive to stdout')
    .option('--discard', 'read and count only')
    .option('--force', 'write to stdout even if it is a terminal')
    .addOption(new Option('--checksum <algorithm>', 'a digest of each item').choices(['sha256', 'crc32c']))
    .option('--json', 'print one JSON document; with -o or --discard')
    .option('--no-items', 'leave the list of items out of it');
}

/** Where the bytes go. */
export interface Sink {
  /** Whether they must come in the order asked for. */
  readonly ordered: boolean;
  /** Says whether a path leads to the file that is being written. */
  readonly isOutput?: ReturnType<typeof stdoutFileTest>;
  /** Where files are written. */
  readonly place?: OutputPlace;
  /** Checks all inputs, and returns them, before any is read; absent where there is nothing to check. */
  prepare?(inputs: Inputs): Promise<InputList>;
  /** Takes a whole input, or the next part of a long one, and keeps no hold of its bytes. */
  write(part: ReadItem<Input>): Promise<void> | undefined;
  /** Part of an input was taken, and the rest can't be read. Returns whether others can be taken. */
  drop(input: Input): boolean;
  /** Everything was taken. */
  end(): Promise<void>;
  /** Gives up what isn't whole. */
  clear(): void;
}

/** @throws {LsioError} `usage` for options that contradict one another. */
export async function openSink(options: SinkOptions, context: Context): Promise<Sink> {
  const { outputDir, discard, tar, json, overwrite, force, items, checksum } = options;
  refuseTwo({ '--tar': tar, '-o': outputDir !== undefined, '--discard': discard });
  if (outputDir === undefined) refuseWithoutDirectory(options);
  refuseTwo({ '--overwrite': overwrite, '--skip-existing': options.skipExisting });
  if (discard) return discardSink();
  if (outputDir !== undefined) {
    refuseNoPath(outputDir);
    // What is listed as delivered must have been.
    const lateErrors = checksum === undefined && !(json && items);
    return directorySink(outputDir, { ...outputOptions(options), lateErrors }, context);
  }
  if (json) {
    throw new LsioError('usage', '--json goes with -o or --discard: stdout takes either the bytes or the document');
  }
  if (isatty(STDOUT) && !force) {
    throw new LsioError('usage', 'stdout is a terminal', { remedy: '> FILE, -o DIR, or --force' });
  }
  return tar ? tarSink(options.outputName, context) : stdoutSink(context);
}

function outputOptions(options: SinkOptions): Omit<OutputOptions, 'lateErrors'> {
  const { overwrite = false, skipExisting = false, preserveMode = true, outputName: template } = options;
  return { overwrite, skipExisting, preserveModes: preserveMode, template };
}

/** A directory called `~` or `s3:` would be made: that is never meant. */
function refuseNoPath(directory: string): void {
  const [first = ''] = byteTextOf(directory).split('/');
  const remedy = exists(first) ? undefined : hintOf(directory);
  if (remedy !== undefined) throw new LsioError('usage', `-o ${directory}: not a directory`, { remedy });
}

function refuseWithoutDirectory({ overwrite, skipExisting, preserveMode, outputName, tar }: SinkOptions): void {
  const needing = {
    '--overwrite': overwrite,
    '--skip-existing': skipExisting,
    '--no-preserve-mode': preserveMode === false,
    '--output-name': outputName !== undefined && !tar,
  };
  const [option] = Object.entries(needing).find(([, isGiven]) => isGiven) ?? [];
  if (option !== undefined) throw new LsioError('usage', `${option} goes with -o`);
}

function refuseTwo(places: Readonly<Record<string, boolean | undefined>>): void {
  const [first, second] = Object.keys(places).filter((option) => places[option]);
  if (second !== undefined) throw new LsioError('usage', `${first} and ${second} contradict each other`);
}

function discardSink(): Sink {
  return { ordered: false, write: () => undefined, drop: () => true, end: async () => {}, clear() {} };
}

async function directorySink(directory: string, options: OutputOptions, context: Context): Promise<Sink> {
  const { OutputDirectory } = await import('../../output/output-dir.js');
  const output = new OutputDirectory(byteTextOf(directory), options);
  context.cleanUp = () => output.clear();
  return {
    ordered: false,
    place: new OutputPlace(byteTextOf(directory)),
    prepare: (inputs) => output.prepare(inputs),
    write(part) {
      output.write(part);
      return undefined;
    },
    drop(input) {
      output.drop(input);
      return true;
    },
    end: () => output.end(),
    clear: () => output.clear(),
  };
}

async function tarSink(template: string | undefined, context: Context): Promise<Sink> {
  const [{ TarArchive }, { OutputNames }, { InputList }] = await Promise.all([
    import('../../output/tar-archive.js'),
    import('../../output/output-names.js'),
    import('../../output/input-list.js'),
  ]);
  const names = new OutputNames('always', template);
  const archive = new TarArchive(new StdoutWriter(context.signal), names);
  return {
    ordered: true,
    isOutput: stdoutFileTest(),
    async prepare(asked) {
      const inputs = new InputList();
      for await (const batch of asked) {
        for (const input of batch) {
          const number = inputs.add(input);
          names.of({ ...input, index: number });
        }
      }
      return inputs;
    },
    write: (part) => archive.write(part),
    drop: () => false,
    end: () => archive.end(),
    clear() {},
  };
}

function stdoutSink(context: Context): Sink {
  const writer = new StdoutWriter(context.signal);
  return {
    ordered: true,
    isOutput: stdoutFileTest(),
    write: ({ bytes }) => writer.write(bytes),
    // What follows would seem to be the rest of it.
    drop: () => false,
    end: () => writer.end(),
    clear() {},
  };
}
