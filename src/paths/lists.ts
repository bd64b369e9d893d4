import { createReadStream, lstatSync, statSync } from 'node:fs';
import { LsioError, systemError } from '../errors.js';
import { type ByteText, pathOf, textOf } from './byte-text.js';

/** No system takes a path as long as this; a list that seems to have one has another separator. */
const ENTRY_BYTES_MAX = 64 * 1024;
/** A request in JSON: a path may be six times as long there. */
const REQUEST_BYTES_MAX = 1024 * 1024;

/** Where names come from, one after the other. */
export interface NameList {
  /** A file, or `-` for stdin. */
  readonly source: ByteText;
  readonly separator: '\n' | '\0';
  /** It has JSON objects in its lines. */
  readonly requests?: boolean;
  /** Its content, where that was read before. */
  readonly held?: readonly string[];
}

/**
 * The entries of a list, read as they are needed, some at a time. The last one needs no separator after it.
 *
 * @throws {LsioError} `usage` when the list can't be read.
 */
export async function* readList(list: NameList): AsyncGenerator<ByteText[]> {
  const { source, separator, requests, held } = list;
  const entryBytesMax = requests ? REQUEST_BYTES_MAX : ENTRY_BYTES_MAX;
  let rest = '';
  try {
    for await (const chunk of held ?? streamOf(source)) {
      if (!chunk.includes(separator)) rest += chunk;
      else {
        const entries = (rest + chunk).split(separator);
        rest = entries.pop() ?? '';
        if (requests && entries.some((entry) => entry.length > entryBytesMax)) throw tooLong(list);
        yield entries;
      }
      if (rest.length > entryBytesMax) throw tooLong(list);
    }
  } catch (error) {
    throw listError(source, error);
  }
  if (rest !== '') yield [rest];
}

/**
 * A line of a list without what Windows adds: a byte order mark before the first line, carriage returns at the ends. Where
 * a file has that very name, the line is taken as it is.
 */
export function lineWithoutMarks(line: ByteText, isFirst: boolean): ByteText {
  const bare = line.replace(isFirst ? /^\xef\xbb\xbf|\r$/g : /\r$/, '');
  return bare === line || exists(line) ? line : bare;
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export function exists(name: ByteText): boolean {
  try {
    return lstatSync(pathOf(name), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * A list that can be read twice: what can be read only once, such as a pipe, is held in memory, a byte a byte.
 *
 * @throws {LsioError} `usage` when the list can't be read.
 */
export async function rereadable(list: NameList): Promise<NameList> {
  const { source } = list;
  if (source !== '-' && isFile(source)) return list;
  const held: string[] = [];
  try {
    for await (const chunk of streamOf(source)) held.push(chunk);
  } catch (error) {
    throw listError(source, error);
  }
  return { ...list, held };
}

function streamOf(source: ByteText): AsyncIterable<string> {
  const stream = source === '-' ? process.stdin : createReadStream(pathOf(source));
  return stream.setEncoding('latin1') as AsyncIterable<string>;
}

function isFile(source: ByteText): boolean {
  try {
    return statSync(pathOf(source)).isFile();
  } catch {
    return false; // reading it will say what is wrong
  }
}

function tooLong({ source, separator, requests }: NameList): LsioError {
  const list = `the list ${textOf(source)} has`;
  if (requests) return new LsioError('usage', `${list} a line of over 1 MiB: it takes a JSON object in each`);
  const name = separator === '\0' ? 'NUL bytes' : 'line breaks';
  return new LsioError('usage', `${list} an entry of over 64 KiB: it takes ${name} between paths`);
}

function listError(source: ByteText, error: unknown): unknown {
  const name = textOf(source);
  return systemError('usage', `the list ${name} can't be read`, error, { path: name });
}
