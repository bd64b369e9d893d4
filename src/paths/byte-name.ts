import { type ByteText, textOf } from './byte-text.js';

/** Bytes that are not UTF-8 are kept as these lone surrogates, which no text holds. */
const ESCAPE_BASE = 0xdc00;

/**
 * A name as text in which each character is one, as patterns want it. In a name that is not UTF-8 each byte beyond ASCII
 * is a character of its own. {@link byteTextOf} has its bytes again.
 */
export function nameText(name: ByteText): string {
  const text = textOf(name);
  if (!text.includes('\ufffd') || Buffer.from(text).equals(Buffer.from(name, 'latin1'))) return text;
  return name.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) + ESCAPE_BASE));
}
