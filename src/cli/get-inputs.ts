import { lstatSync } from 'node:fs';
import { LsioError } from '../errors.js';
import type { ByteRange } from '../range.js';
import type { ReadRequest } from '../store/read-item.js';
import { type ByteText, byteTextOf, pathOf, textOf } from './byte-text.js';
import type { NameList } from './lists.js';
import { named } from './options.js';
import { splitPathRanges } from './range-text.js';

/** Linux takes no path of this length or more, its final NUL included. */
const PATH_BYTES_MAX = 4096;
const STDIN = '-';

/** A file, or a part of one, that is to be got. */
export interface Input extends ReadRequest {
  readonly name: ByteText;
}

/** What the command line asks for. */
export interface InputOptions {
  /** Paths, `path#bytes=…`, or `-` for a list on stdin. */
  readonly paths: readonly string[];
  readonly filesFrom: readonly string[];
  readonly files0From: readonly string[];
  /** Of every path that has none of its own; none: the whole file. */
  readonly ranges: readonly ByteRange[];
  readonly recursive: boolean;
  /** Says whether a path is what is being written to: it must not be read. */
  readonly isOutput?: ((name: ByteText) => boolean) | undefined;
}

/** A path of the command line, with its own ranges if it has any. */
interface Target {
  readonly name: ByteText;
  readonly ranges?: readonly ByteRange[];
}

/** A path that could not become an input. */
export type OnInputError = (name: ByteText, error: LsioError) => void;

/**
 * Checks the command line, and returns what gives the inputs in the order asked for: the paths, then the lists. They are
 * found while the first ones are being read.
 *
 * @throws {LsioError} `usage` for a malformed range, or when there is nothing to get.
 */
export function inputsOf(options: InputOptions, onError: OnInputError): AsyncGenerator<Input> {
  const parts = [
    ...options.paths.map((path) => (path === STDIN ? listOf(path, '\n') : targetOf(byteTextOf(path)))),
    ...options.filesFrom.map((source) => listOf(source, '\n')),
    ...options.files0From.map((source) => listOf(source, '\0')),
  ];
  if (parts.length === 0) {
    throw new LsioError('usage', 'nothing to get: name files, or --files-from', { remedy: 'lsio get --help' });
  }
  if (parts.filter((part) => 'source' in part && part.source === STDIN).length > 1) {
    throw new LsioError('usage', 'stdin can hold only one list');
  }
  return inputsOfParts(parts, options, onError);
}

/**
 * One generator for all levels, and names in batches: a million names pass through here, and each `yield*` in between
 * would cost each of them three promises.
 */
async function* inputsOfParts(
  parts: readonly (Target | NameList)[],
  { recursive, ranges: commonRanges, isOutput }: InputOptions,
  onError: OnInputError,
): AsyncGenerator<Input> {
  const tree = recursive ? await import('./walk.js') : undefined;
  for (const part of parts) {
    for await (const targets of 'name' in part ? [[part]] : targetsOfList(part, onError)) {
      for (const { name: given, ranges = commonRanges } of targets) {
        const batches = tree?.isDirectory(given) ? tree.walk(given, onError) : [[given]];
        for await (const names of batches) {
          for (const name of names) {
            if (name.length >= PATH_BYTES_MAX || isOutput?.(name)) {
              onError(name, name.length >= PATH_BYTES_MAX ? tooLong(name) : outputItself(name));
              continue;
            }
            const path = pathOf(name);
            if (ranges.length === 0) yield { name, path };
            for (const range of ranges) yield { name, path, range };
          }
        }
      }
    }
  }
}

async function* targetsOfList(list: NameList, onError: OnInputError): AsyncGenerator<Target[]> {
  const { readList } = await import('./lists.js');
  const lines = list.separator === '\n';
  let line = 0;
  for await (const entries of readList(list)) {
    const targets: Target[] = [];
    for (const entry of entries) {
      line++;
      if (lines && entry === '') continue;
      try {
        targets.push(lines ? targetOf(entry) : { name: entry });
      } catch (error) {
        if (!(error instanceof LsioError)) throw error;
        onError(entry, new LsioError('usage', `${textOf(list.source)}:${line}: ${error.message}`, { cause: error }));
      }
    }
    yield targets;
  }
}

/** Longer than any path: it isn't even asked for. */
function tooLong(name: ByteText): LsioError {
  const code = 'ENAMETOOLONG';
  return new LsioError('read', `${textOf(name.slice(0, 60))}…: name too long (${code})`, { code });
}

function outputItself(name: ByteText): LsioError {
  return new LsioError('usage', `${textOf(name)}: input and output are the same file`);
}

/** A file of that very name wins over `path#bytes=…`. */
function targetOf(name: ByteText): Target {
  if (!name.includes('#') || exists(name)) return { name };
  const { path, ranges } = named(textOf(name), splitPathRanges)(name);
  return ranges === undefined ? { name } : { name: path, ranges };
}

function exists(name: ByteText): boolean {
  try {
    return lstatSync(pathOf(name), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function listOf(source: string, separator: NameList['separator']): NameList {
  return { source: byteTextOf(source), separator };
}
