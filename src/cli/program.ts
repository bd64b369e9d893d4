import type { EventEmitter } from 'node:events';
import { type Argument, Command, CommanderError, type Option } from 'commander';
import { LsioError } from '../errors.js';
import { wrap } from '../report/warnings.js';
import type { Context } from './app/context.js';
import { EXIT, exitCodesText } from './app/exit.js';
import { print, tell } from './app/talk.js';
import { COMMANDS } from './commands.js';

const HELP_COLUMNS = 80;

const EXAMPLES = `
Examples:
  lsio get -r data/ > all.bin              every file below data/, in order
  lsio get -R 0-99 -R -8 big.bin | xxd     its first 100 bytes and its last 8
  lsio files create                        files to measure with, in /tmp/fio
  lsio bench                               how fast are they read?
  lsio compare-fio                         and how fast by fio?
  lsio doctor                              does io_uring work here?`;

/**
 * Runs the command that the arguments name.
 *
 * @throws {LsioError} `usage` for arguments that no command takes; whatever else the command throws.
 */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  // Not a command for people: the scripts of `lsio completion` call it.
  const completing = args[0] === 'complete' && args[1] === '--';
  const named = completing ? args[2] : args[0];
  const program = configure(new Command('lsio'))
    .description('Reads many small files and byte ranges as fast as the hardware allows, through io_uring.')
    .option('-V, --version', 'print the version')
    .addHelpText('after', EXAMPLES)
    .addHelpText('afterAll', () => `\n${exitCodesText()}`)
    .hook('preAction', (_, command) => refuseEmptyArguments(command));
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = configure(program.command(name)).description(summary);
    if (name === named || (args[0] === 'help' && name === args[1])) {
      (await load()).define(command, context);
      refuseEmptyValues(command);
    }
  }
  if (completing) return (await import('./system/completion.js')).complete(program, args.slice(2));
  if (args.length === 0) {
    tell(program.helpInformation());
    process.exitCode = EXIT.usage;
    return;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, program, args[0]);
  }
}

function configure(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(reflow(text).replace(/\n+$/, '\n')),
      writeErr() {},
      getOutHelpWidth: () => HELP_COLUMNS,
    })
    .configureHelp({ optionDescription, argumentDescription })
    .helpOption('-h, --help', 'show this help');
}

/** A default that is empty or off is not worth a word. One that the description names is not repeated. */
function optionDescription(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription } = option;
  const notes = argChoices === undefined ? [] : [`choices: ${argChoices.join(', ')}`];
  const isSilent = defaultValue === undefined || defaultValue === false || description.includes('(default');
  if (
    !isSilent &&
    !(
      option.negate ||
      (Array.isArray(defaultValue) && defaultValue.length === 0 && defaultValueDescription === undefined)
    )
  )
    notes.push(`default: ${defaultValueDescription ?? String(defaultValue)}`);
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

function argumentDescription({ description, argChoices, defaultValue, defaultValueDescription }: Argument): string {
  const notes = argChoices === undefined ? [] : [`choices: ${argChoices.join(', ')}`];
  if (defaultValue !== undefined) notes.push(`default: ${defaultValueDescription ?? String(defaultValue)}`);
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

/** Paragraphs as wide as a terminal. Of what is indented, such as examples, only gaps are narrowed, in lines too long. */
function reflow(text: string): string {
  const narrowed = text.replace(/^ .*$/gm, (line) =>
    line.length > HELP_COLUMNS ? line.replace(/(\S) {3,}/, '$1  ') : line,
  );
  return narrowed.replace(/^(?! |Usage:).+(\n(?! ).+)*$/gm, (paragraph) => wrap(paragraph.replaceAll('\n', ' '), ''));
}

/**
 * Refuses empty values of options, for every command: they come from unset variables of scripts. `-o "$UNSET"` would
 * otherwise write below `/`. Asked before any parser, which may make something of an empty text.
 */
function refuseEmptyValues(command: Command): void {
  for (const each of [command, ...command.commands]) {
    for (const option of each.options.filter(({ required }) => required)) {
      (each as unknown as EventEmitter).prependListener(`option:${option.name()}`, (value: string) => {
        if (value === '') throw emptyValue(option.long ?? option.flags);
      });
    }
  }
}

/** @throws {LsioError} `usage` */
function refuseEmptyArguments(command: Command): void {
  for (const [index, value] of command.processedArgs.entries()) {
    if ([value].flat().includes(''))
      throw emptyValue(`argument ${command.registeredArguments[index]?.name() ?? index + 1}`);
  }
}

function emptyValue(name: string): LsioError {
  return new LsioError('usage', `${name} is empty`, {
    remedy: 'check the variable that it came from, or leave it out',
  });
}

/** commander's message without its prefix; what it suggests, or where to look, is the remedy. */
function usageError({ message }: CommanderError, program: Command, name: string | undefined): LsioError {
  // commander's way of saying that a command of commands was given none.
  if (message === '(outputHelp)') {
    const below = program.commands.find((command) => command.name() === name)?.commands ?? [];
    message = `missing subcommand: ${below.map((command) => command.name()).join(', ')}`;
  }
  const [line = '', suggestion] = message.replace(/^error: /, '').split('\n', 2);
  const didYouMean = /^\((Did you mean .*)\)$/.exec(suggestion ?? '')?.[1];
  const known = name !== undefined && Object.hasOwn(COMMANDS, name);
  const help = known ? `lsio ${name} --help` : 'lsio --help';
  return new LsioError('usage', line, { remedy: didYouMean ?? help });
}
