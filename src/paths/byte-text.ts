import { readFileSync } from 'node:fs';

/**
 * The name of a file as the system knows it, bytes and not characters: a string whose every character is one byte.
 * Names need not be UTF-8. In this form they compare in byte order, join and split like other strings, and take little
 * memory.
 */
export type ByteText = string;

/** Bytes of an argument that isn't UTF-8 are kept as these lone surrogates, which no text holds. */
const ESCAPE_BASE = 0xdc00;
const REPLACEMENT = '\ufffd';

export function byteTextOf(text: string): ByteText {
  if (isAscii(text)) return text;
  // With the u flag this matches lone surrogates only, not halves of characters.
  if (!/[\udc80-\udcff]/u.test(text)) return Buffer.from(text).toString('latin1');
  return mapCodes(text, (code) => (code >= ESCAPE_BASE ? code - ESCAPE_BASE : code));
}

/** The name as an engine and `node:fs` take it. */
export function pathOf(name: ByteText): string | Buffer {
  return isAscii(name) ? name : Buffer.from(name, 'latin1');
}

/** The name as people read it: bytes that are not UTF-8 are replaced. */
export function textOf(name: ByteText): string {
  return isAscii(name) ? name : Buffer.from(name, 'latin1').toString();
}

/**
 * The command line's arguments, none of them damaged: Node replaces bytes that are not UTF-8, so where it did, the
 * kernel is asked for the argument. {@link byteTextOf} has its exact bytes.
 */
export function exactArguments(args: readonly string[]): readonly string[] {
  if (!args.some((arg) => arg.includes(REPLACEMENT))) return args;
  let commandLine: string;
  try {
    commandLine = readFileSync('/proc/self/cmdline', 'latin1');
  } catch {
    return args; // not Linux
  }
  const exact = commandLine.split('\0').slice(-1 - args.length, -1);
  return args.map((arg, index) => {
    const bytes = Buffer.from(exact[index] ?? '', 'latin1');
    // Not the same argument: something has changed the command line since.
    if (!arg.includes(REPLACEMENT) || bytes.toString() !== arg) return arg;
    return mapCodes(bytes.toString('latin1'), (code) => (code >= 0x80 ? code + ESCAPE_BASE : code));
  });
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function mapCodes(text: string, change: (code: number) => number): string {
  return Array.from(text, (character) => String.fromCharCode(change(character.charCodeAt(0)))).join('');
}
