import tab from '@bomb.sh/tab/commander';
import { Argument, type Command } from 'commander';
import { print } from '../app/talk.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const NAME = 'lsio';

const EXAMPLES = `Examples:
  lsio completion bash > ~/.local/share/bash-completion/completions/lsio
  lsio completion zsh > /usr/local/share/zsh/site-functions/_lsio
  lsio completion fish > ~/.config/fish/completions/lsio.fish
  source <(lsio completion bash)             in this shell only

`;

/** What the shells are told besides the candidates: to propose file names where there are none, or not to. */
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
    .addHelpText('before', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number], _, { parent }: Command) => {
      if (shell === 'bash') print(BASH_SCRIPT);
      else tab(parent!, { completionCommandName: 'completion-script' }).setup(NAME, NAME, shell);
    });
}

/**
 * Prints the candidates for the last of the words after `lsio`, a line each, with what they mean after a tab; then what
 * the shell is to do with file names. This is what the scripts call at each press of the key.
 */
export function complete(program: Command, words: readonly string[]): void {
  const root = tab(program, { completionCommandName: 'completion-script' });
  // It would print them by itself, and always forbid file names.
  Object.assign(root, { complete() {} });
  root.parse([...words]);
  const word = (words.at(-1) ?? '').replace(/^--[^=]*=/, '');
  const candidates = new Map(
    root.completions
      .filter(({ value }) => value.startsWith(word) && !value.startsWith('completion-'))
      .map(({ value, description = '' }) => [value, description]),
  );
  const lines = [...candidates].map(([value, description]) => `${value}\t${description}\n`);
  print(`${lines.join('')}:${candidates.size === 0 && takesFile(program, words) ? FILES : NO_FILES}\n`);
}

/** Whether the last word may be the name of a file. */
function takesFile(program: Command, words: readonly string[]): boolean {
  const command = program.commands.find((each) => each.name() === words[0]);
  if (command === undefined || words.length < 2) return false;
  const word = words.at(-1) ?? '';
  const optionWord = word.startsWith('--') && word.includes('=') ? word.split('=', 1)[0] : words.at(-2);
  const option = command.options.find(
    ({ short, long }) => optionWord !== undefined && [short, long].includes(optionWord),
  );
  if (option?.required) return FILE_VALUE.test(option.flags);
  if (word.startsWith('-')) return false;
  return command.registeredArguments.some(({ argChoices }) => argChoices === undefined);
}
