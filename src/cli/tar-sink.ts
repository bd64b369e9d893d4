import type { Context } from './context.js';
import type { Input } from './get-inputs.js';
import type { Sink } from './get-sinks.js';
import { stdoutFileTest } from './same-file.js';
import { StdoutWriter } from './stdout-writer.js';
import { TarArchive } from './tar-archive.js';
import { tarName } from './tar-name.js';

/** A tar archive on stdout. */
export function tarSink(context: Context): Sink {
  const archive = new TarArchive(new StdoutWriter(context.signal));
  return {
    ordered: true,
    isOutput: stdoutFileTest(),
    async prepare(asked) {
      const inputs: Input[] = [];
      for await (const input of asked) {
        tarName(input.name);
        inputs.push(input);
      }
      return inputs;
    },
    write: (part) => archive.write(part),
    // What follows would seem to be the rest of it.
    drop: () => false,
    end: () => archive.end(),
    clear() {},
  };
}
