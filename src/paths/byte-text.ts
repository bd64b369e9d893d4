import { readFileSync } from 'node:fs';

/**
 * The name of a file as the system knows it, bytes and not characters: a string whose every character is one byte.
 * Names need not be UTF-8. In this form they compare in byte order, join and split like other strings, and take little
 * memory.
 */
export type ByteText = string;

/** A byte that is not UTF-8 is this lone surrogate plus the byte, as in Python: no other text has one. */
const ESCAPE_BASE = 0xdc00;
const ESCAPES = /([\udc80-\udcff])/u;
const REPLACEMENT = '\ufffd';
/** Characters in UTF-8 (RFC 3629), or a byte that is none of it. */
const UTF8_OR_BYTE =
  /((?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+)|[\x80-\xff]/g;

/** The bytes of a text in UTF-8; those of {@link exactText} come back as they were. */
export function byteTextOf(text: string): ByteText {
  if (isAscii(text)) return text;
  // With the u flag this matches lone surrogates only, not halves of characters.
  if (!ESCAPES.test(text)) return utf8Of(text);
  const parts = text.split(ESCAPES);
  return parts.map((part, index) => (index % 2 === 0 ? utf8Of(part) : byteOf(part))).join('');
}

/**
 * The name as text that loses nothing: each byte that is not UTF-8 is a lone surrogate from U+DC80 to U+DCFF, as Python's
 * `surrogateescape` has it. JSON keeps them (`\udcff`), and so do patterns, to which each is one character.
 */
export function exactText(name: ByteText): string {
  const text = textOf(name);
  if (!text.includes(REPLACEMENT)) return text;
  return name.replace(UTF8_OR_BYTE, (byte, characters?: string) =>
    characters === undefined ? String.fromCharCode(ESCAPE_BASE + byte.charCodeAt(0)) : textOf(characters),
  );
}

function utf8Of(text: string): ByteText {
  return Buffer.from(text).toString('latin1');
}

function byteOf(lone: string): ByteText {
  return String.fromCharCode(lone.charCodeAt(0) - ESCAPE_BASE);
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
    return exactText(bytes.toString('latin1'));
  });
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
