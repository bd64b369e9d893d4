import { createReadStream } from 'node:fs';
import { errnoText, LsioError } from '../errors.js';
import { type ByteText, pathOf, textOf } from './byte-text.js';

/** No system takes a path as long as this; a list that seems to have one has another separator. */
const ENTRY_BYTES_MAX = 64 * 1024;

/** Where names come from, one after the other. */
export interface NameList {
  /** A file, or `-` for stdin. */
  readonly source: ByteText;
  readonly separator: '\n' | '\0';
}

/**
 * The entries of a list, read as they are needed, some at a time. The last one needs no separator after it.
 *
 * @throws {LsioError} `usage` when the list can't be read.
 */
export async function* readList({ source, separator }: NameList): AsyncGenerator<ByteText[]> {
  const stream = source === '-' ? process.stdin : createReadStream(pathOf(source));
  stream.setEncoding('latin1');
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const entries = (rest + chunk).split(separator);
      rest = entries.pop() ?? '';
      yield entries;
      if (rest.length > ENTRY_BYTES_MAX) throw tooLong(source, separator);
    }
  } catch (error) {
    throw listError(source, error);
  }
  if (rest !== '') yield [rest];
}

function tooLong(source: ByteText, separator: string): LsioError {
  const name = separator === '\0' ? 'NUL bytes' : 'line breaks';
  return new LsioError(
    'usage',
    `the list ${textOf(source)} has an entry of over 64 KiB: it takes ${name} between paths`,
  );
}

function listError(source: ByteText, error: unknown): unknown {
  if (error instanceof LsioError) return error;
  const { errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) return error;
  const [code, text] = errnoText(-errno);
  return new LsioError('usage', `the list ${textOf(source)} can't be read: ${text} (${code})`, { code, cause: error });
}
