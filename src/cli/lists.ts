import { createReadStream } from 'node:fs';
import { errnoText, LsioError } from '../errors.js';
import { type ByteText, pathOf, textOf } from './byte-text.js';

/** Where names come from, one after the other. */
export interface NameList {
  /** A file, or `-` for stdin. */
  readonly source: ByteText;
  readonly separator: '\n' | '\0';
}

/**
 * The entries of a list, read as they are needed. The last one needs no separator after it.
 *
 * @throws {LsioError} `usage` when the list can't be read.
 */
export async function* readList({ source, separator }: NameList): AsyncGenerator<ByteText> {
  const stream = source === '-' ? process.stdin : createReadStream(pathOf(source) as string | Buffer);
  stream.setEncoding('latin1');
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const entries = (rest + chunk).split(separator);
      rest = entries.pop() ?? '';
      yield* entries;
    }
  } catch (error) {
    throw listError(source, error);
  }
  if (rest !== '') yield rest;
}

function listError(source: ByteText, error: unknown): unknown {
  const { errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) return error;
  const [code, text] = errnoText(-errno);
  return new LsioError('usage', `the list ${textOf(source)} can't be read: ${text} (${code})`, { code, cause: error });
}
