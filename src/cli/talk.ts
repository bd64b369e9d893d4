import { writeSync } from 'node:fs';

const STDERR = 2;
const RETRY_MS = 1;
/** Back to the first column, and clear to the end of the line. */
const CLEAR_LINE = '\r\u001b[K';

let barShown = false;

/** Tells whether a progress bar stands on stderr's current line: it gives way to what is said. */
export function showBar(on: boolean): void {
  barShown = on;
}

/** Writes one line to stderr. That nobody listens is no error. */
export function say(line: string): void {
  try {
    writeText(STDERR, `${barShown ? CLEAR_LINE : ''}${visible(line)}\n`);
  } catch {
    // Nowhere is left to say so.
  }
}

/**
 * Writes all of a short text to a descriptor before it returns. Not by `process.stdout`, which costs milliseconds to
 * load and reports errors later.
 */
export function writeText(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Another process made the pipe non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** A name may hold anything: a line break would forge a second message, an escape would steer the terminal. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) => {
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
