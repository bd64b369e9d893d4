/** A word as a shell takes it: quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that this process was started with, to be pasted into a shell. */
export function givenCommand(): string {
  return ['lsio', ...process.argv.slice(2)].map(shellWord).join(' ');
}
