import { inspect } from 'node:util';

/** The text without control characters: in a name, a line break would forge a line, an escape would steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) => {
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Any value, briefly, for an error message: never throws. */
export function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 100 });
  return printable(text.length > 120 ? `${text.slice(0, 119)}…` : text);
}
