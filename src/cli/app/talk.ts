import { writeSync } from 'node:fs';
import { outputError } from '../../errors.js';
import { printable } from '../../printable.js';
import { STDERR, STDOUT } from '../../stdio.js';

const RETRY_MS = 1;
/** Back to the first column, and clear to the end of the line. */
const CLEAR_LINE = '\r\u001b[K';

let barShown = false;

/** Tells whether a progress bar stands on stderr's current line: it gives way to what is said. */
export function showBar(on: boolean): void {
  barShown = on;
}

/** Writes one line to stderr. A closed stderr is no error. */
export function say(line: string): void {
  tell(`${barShown ? CLEAR_LINE : ''}${printable(line)}\n`);
}

/** Writes text of our own, of several lines, to stderr. */
export function tell(text: string): void {
  try {
    writeText(STDERR, text);
  } catch {
    // Nowhere is left to say so.
  }
}

/**
 * Writes a text of no great length to stdout before it returns. Not by `process.stdout`, which takes milliseconds to
 * load and reports errors later.
 *
 * @throws {LsioError} `output`
 */
export function print(text: string): void {
  try {
    writeText(STDOUT, text);
  } catch (error) {
    throw outputError('stdout', error);
  }
}

function writeText(fd: number, text: string): void {
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
