import tab from '@bomb.sh/tab/commander';
import { Argument, type Command, type Option } from 'commander';
import { print } from '../app/talk.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const NAME = 'lsio';

const EXAMPLES = `
Examples:
  lsio completion bash > ~/.local/share/bash-completion/completions/lsio
  lsio completion zsh > /usr/local/share/zsh/site-functions/_lsio
  lsio completion fish > ~/.config/fish/completions/lsio.fish
  source <(lsio completion bash)             in this shell only`;

/** Tells the shell whether to propose file names where there are no candidates. */
const FILES = 0;
const NO_FILES = 4;
const FILE_VALUE = /[<[](file|dir|path)/i;

/**
 * tab's own script for bash evaluates what was typed, substitutions of commands included, before Enter is pressed; it
 * also needs a package, and never completes file names. This one does what it does by the same protocol.
 */
const BASH_SCRIPT = `# bash completion for ${NAME}
_${NAME}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" word value line directive=${FILES}
  local -a words=()
  [[ $cur == = ]] && cur=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == = ]] || words+=("$word")
  done
  COMPREPLY=()
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    if [[ $line == :* ]]; then directive="\${line#:}"
    elif [[ $value == "$cur"* ]]; then COMPREPLY+=("$value"); fi
  done < <("$1" complete -- "\${words[@]}" "$cur" 2>/dev/null)
  if (( directive & ${NO_FILES} )); then compopt +o default 2>/dev/null; fi
}
complete -o default -F _${NAME} ${NAME}
`;

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'whose script to print').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number], _, { parent }: Command) => {
      if (shell === 'bash') print(BASH_SCRIPT);
      else tab(parent!, { completionCommandName: 'completion-script' }).setup(NAME, NAME, shell);
    });
}

/**
 * Prints the candidates for the last word, a line each, with their meaning after a tab; then whether the shell proposes
 * file names. The completion scripts call this at each press of the key.
 */
export function complete(program: Command, words: readonly string[]): void {
  const root = tab(program, { completionCommandName: 'completion-script' });
  // It would print them by itself, and always forbid file names.
  Object.assign(root, { complete() {} });
  root.parse([...words]);
  const word = (words.at(-1) ?? '').replace(/^--[^=]*=/, '');
  // Of a list, the last entry is what is completed.
  const listed = isList(optionOf(program, words)) ? word.slice(0, word.lastIndexOf(',') + 1) : '';
  const candidates = new Map(
    root.completions
      .map(({ value, description = '' }) => [listed + value, description] as const)
      .filter(([value]) => value.startsWith(word) && !value.startsWith('completion-')),
  );
  // zsh shows a dash where a description is announced and none follows.
  const lines = [...candidates].map(([value, text]) => (text === '' ? `${value}\n` : `${value}\t${text}\n`));
  print(`${lines.join('')}:${candidates.size === 0 && takesFile(program, words) ? FILES : NO_FILES}\n`);
}

function commandOf(program: Command, words: readonly string[]): Command | undefined {
  return words.length < 2 ? undefined : program.commands.find((each) => each.name() === words[0]);
}

/** The option whose value the last word is. */
function optionOf(program: Command, words: readonly string[]): Option | undefined {
  const word = words.at(-1) ?? '';
  const name = word.startsWith('--') && word.includes('=') ? word.split('=', 1)[0] : words.at(-2);
  const options = commandOf(program, words)?.options ?? [];
  return options.find(({ short, long, required }) => required && name !== undefined && [short, long].includes(name));
}

function isList(option: Option | undefined): boolean {
  return option?.flags.includes('<list>') ?? false;
}

/** Whether the last word may be the name of a file. */
function takesFile(program: Command, words: readonly string[]): boolean {
  const command = commandOf(program, words);
  if (command === undefined) return false;
  const option = optionOf(program, words);
  if (option !== undefined) return FILE_VALUE.test(option.flags);
  const word = words.at(-1) ?? '';
  if (word.startsWith('-')) return false;
  return command.registeredArguments.some(({ argChoices }) => argChoices === undefined);
}
