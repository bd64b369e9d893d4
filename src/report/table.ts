import Table from 'cli-table3';

/** Ink for the terminal; with `color` off every function returns its text unchanged. */
export interface Ink {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

export function inkFor(color: boolean): Ink {
  function style(on: number, off: number): (text: string) => string {
    return color ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text;
  }
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), yellow: style(33, 39), red: style(31, 39) };
}

/** A table with a rule under its head only: eight columns of figures fit into 80 characters. The first column is text. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], ink: Ink): string {
  const table = new Table({
    head: head.map((text) => ink.bold(text)),
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      right: '',
      'right-mid': '',
      mid: '',
      'mid-mid': '',
      middle: '',
    },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
