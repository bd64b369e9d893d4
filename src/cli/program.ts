import { Command, CommanderError } from 'commander';
import { LsioError } from '../errors.js';
import type { Context } from './context.js';
import { EXIT } from './exit.js';
import { print, tell } from './talk.js';

/** What the module of a command exports. */
export interface CommandModule {
  /**
   * Gives the command its arguments, options, help and action. The action sets `process.exitCode` when not everything
   * went well, and throws when the command failed as a whole.
   */
  define(command: Command, context: Context): void;
}

interface CommandEntry {
  readonly summary: string;
  /** Loads the command's module, which only the command itself and its help need. */
  readonly load: () => Promise<CommandModule>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  get: { summary: 'read files and byte ranges, to stdout or a directory', load: () => import('./get.js') },
  files: { summary: 'make, check or remove the files of the benchmark', load: () => import('./files.js') },
  bench: { summary: 'how fast these files are read, by lsio and by Node', load: () => import('./bench.js') },
  'compare-fio': { summary: 'the same reads by lsio and by fio, in turn', load: () => import('./compare-fio.js') },
  doctor: { summary: 'what this machine allows, and how to mend what it does not', load: () => import('./doctor.js') },
};

const EXAMPLES = `Examples:
  lsio get -r data/ > all.bin              every file below data/, one after the other
  lsio get -R 0-99 -R -8 big.bin | xxd     its first 100 bytes and its last 8
  lsio files create                        files to measure with, in /tmp/fio
  lsio bench                               how fast are they read?
  lsio compare-fio                         and how fast by fio?
  lsio doctor                              does io_uring work here?
`;

/**
 * Runs the command that the arguments name.
 *
 * @throws {LsioError} `usage` for arguments that no command takes; whatever else the command throws.
 */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  const program = configure(new Command('lsio'))
    .description('Reads many small files and byte ranges as fast as the hardware allows, through io_uring.')
    .option('-V, --version', 'print the version')
    .addHelpText('before', EXAMPLES);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = configure(program.command(name)).description(summary);
    if (name === args[0] || (args[0] === 'help' && name === args[1])) (await load()).define(command, context);
  }
  if (args.length === 0) {
    tell(program.helpInformation());
    process.exitCode = EXIT.usage;
    return;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, args[0]);
  }
}

/** The schema of the JSON document that the arguments ask for, if they do: commands that know `--json` have one. */
export function jsonSchemaOf(args: readonly string[]): string | undefined {
  const [name] = args;
  const end = args.indexOf('--');
  const asked = args.slice(0, end < 0 ? args.length : end).includes('--json');
  return asked && name !== undefined && Object.hasOwn(COMMANDS, name) ? `lsio.${name}/1` : undefined;
}

function configure(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr() {} })
    .helpOption('-h, --help', 'show this help');
}

/** commander's message without its prefix; what it suggests, or where to look, is the remedy. */
function usageError({ message, code }: CommanderError, name: string | undefined): LsioError {
  const [line = '', suggestion] = message.replace(/^error: /, '').split('\n', 2);
  const didYouMean = /^\((Did you mean .*)\)$/.exec(suggestion ?? '')?.[1];
  const known = name !== undefined && Object.hasOwn(COMMANDS, name);
  const help = known ? `lsio ${name} --help` : 'lsio --help';
  return new LsioError('usage', line, { code, remedy: didYouMean ?? help });
}
