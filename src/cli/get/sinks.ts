import type { Input, Inputs } from '../../output/input.js';
import type { InputList } from '../../output/input-list.js';
import type { OutputOptions } from '../../output/output-dir.js';
import { OutputPlace, stdoutFileTest } from '../../output/same-file.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import type { ByteText } from '../../paths/byte-text.js';
import type { ReadValue } from '../../read/item.js';
import type { Context } from '../app/context.js';
import type { OutputConfig } from './config.js';

/** Where the bytes go. */
export interface Sink {
  /** Says whether a path leads to the file that is being written. */
  readonly isOutput?: ReturnType<typeof stdoutFileTest>;
  /** Where files are written. */
  readonly place?: OutputPlace;
  /** Checks all inputs, and returns them, before any is read; absent where no check is needed. */
  prepare?(inputs: Inputs): Promise<InputList>;
  /** Takes a whole input, or the next part of a long one, and keeps no hold of its bytes. */
  write(part: ReadValue<Input>): Promise<void> | undefined;
  /** Part of an input was taken, and the rest can't be read. Returns whether others can be taken. */
  drop(input: Input): boolean;
  /** Everything was taken. */
  end(): Promise<void>;
  /** Gives up what isn't whole. */
  clear(): void;
}

export async function openSink(output: OutputConfig, context: Context): Promise<Sink> {
  switch (output.to) {
    case 'discard':
      return discardSink();
    case 'directory':
      return directorySink(output.directory, output.options, context);
    case 'tar':
      return tarSink(output.template, context);
    case 'stdout':
      return stdoutSink(context);
  }
}

function discardSink(): Sink {
  return { write: () => undefined, drop: () => true, end: async () => {}, clear() {} };
}

async function directorySink(directory: ByteText, options: OutputOptions, context: Context): Promise<Sink> {
  const { OutputDirectory } = await import('../../output/output-dir.js');
  const output = new OutputDirectory(directory, options);
  context.cleanUp = () => output.clear();
  return {
    place: new OutputPlace(directory),
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
    isOutput: stdoutFileTest(),
    write: ({ bytes }) => writer.write(bytes),
    // What follows would seem to be the rest of it.
    drop: () => false,
    end: () => writer.end(),
    clear() {},
  };
}
