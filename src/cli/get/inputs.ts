import { isLsioError, LsioError } from '../../errors.js';
import type { Input, Inputs } from '../../output/input.js';
import type { OutputPlace } from '../../output/same-file.js';
import { type ByteText, byteTextOf, pathOf, textOf } from '../../paths/byte-text.js';
import type { Excludes } from '../../paths/globs.js';
import { exists, lineWithoutMarks, type NameList, readList, rereadable } from '../../paths/lists.js';
import type { ByteRange } from '../../range.js';
import { isUrl, shownAddress } from '../../store/locator.js';
import type { RemoteNeeds } from './remote-inputs.js';
import { type InputTarget, targetAt, targetOf } from './targets.js';

/** Linux takes no path of this length or more, its final NUL included. */
const PATH_BYTES_MAX = 4096;
const STDIN = '-';
const GLOB_CHARACTERS = /[*?[\]{}()!]/;
/** Inputs given at a time, about: a batch costs promises, and all of it is in memory. */
const BATCH_MAX = 1024;

/** What the command line asks for. */
export interface InputOptions {
  /** Paths, globs, `path#bytes=…`, or `-` for a list on stdin. */
  readonly paths: readonly string[];
  readonly filesFrom: readonly string[];
  readonly files0From: readonly string[];
  /** Lists of requests in JSON. */
  readonly requests: readonly string[];
  /** Globs of what directories, globs and lists are not to give. */
  readonly exclude: readonly string[];
  /** Of every path that has none of its own; none: the whole file. */
  readonly ranges: readonly ByteRange[];
  readonly recursive: boolean;
  /** A malformed line in a list is an error of the command line. */
  readonly strict: boolean;
  /** Files of a directory may come in any order: in the one that is read fastest. */
  readonly anyOrder?: boolean | undefined;
  /** The output directory: what is below it must not be found by itself. */
  readonly place?: OutputPlace | undefined;
}

/** Where URLs are looked for. */
export type Listing = Pick<RemoteNeeds, 'signal' | 'open'>;

/** A path that could not become an input. */
export type OnInputError = (name: ByteText, error: LsioError, id?: string | number) => void;

/**
 * Checks the command line, and returns what gives the inputs in the order asked for: the paths, then the lists. They are
 * found while the first ones are being read.
 *
 * @throws {LsioError} `usage` for a malformed range, or when there is nothing to get; when it is to be strict, also for a
 * malformed line of a list.
 */
export async function inputsOf(options: InputOptions, listing: Listing, onError: OnInputError): Promise<Inputs> {
  const { recursive } = options;
  const parts = [
    ...options.paths.map((path) => (path === STDIN ? listOf(path, '\n') : targetOf(byteTextOf(path), 'argument'))),
    ...options.filesFrom.map((source) => listOf(source, '\n')),
    ...options.files0From.map((source) => listOf(source, '\0')),
    ...options.requests.map((source) => ({ ...listOf(source, '\n'), requests: true })),
  ];
  if (parts.length === 0) {
    throw new LsioError('usage', 'nothing to get: name files, or --files-from', { remedy: 'lsio get --help' });
  }
  if (parts.filter((part) => 'source' in part && part.source === STDIN).length > 1) {
    throw new LsioError('usage', 'stdin can hold only one list');
  }
  for (const part of parts) {
    // What is wrong with an argument is said before anything is read.
    if ('url' in part && part.url !== undefined) (await remoteInputs()).searchOf(part.url, { recursive, globs: true });
  }
  const { exclude, strict } = options;
  const excludes =
    exclude.length === 0 ? undefined : (await import('../../paths/globs.js')).excludesOf(exclude.map(byteTextOf));
  const checked = strict ? await Promise.all(parts.map((part) => ('source' in part ? checkList(part) : part))) : parts;
  return inputsOfParts(checked, { ...options, ...listing, excludes }, onError);
}

/** What takes URLs apart is loaded where there are some only. */
function remoteInputs() {
  return import('./remote-inputs.js');
}

interface PartOptions extends InputOptions, Listing {
  readonly excludes: Excludes | undefined;
}

async function* inputsOfParts(
  parts: readonly (InputTarget | NameList)[],
  options: PartOptions,
  onError: OnInputError,
): AsyncGenerator<Input[]> {
  const tree = options.recursive ? await import('../../paths/walk.js') : undefined;
  const { excludes, anyOrder } = options;
  function filesBelow({ name, from }: InputTarget): AsyncIterable<ByteText[]> | undefined {
    if (from === 'request' || !tree?.isDirectory(name)) return undefined;
    refuseOutputBelow(name, options);
    return tree.walk(name, onError, { isExcluded: excludes?.entry, anyOrder });
  }
  for (const part of parts) {
    for await (const targets of 'name' in part ? [[part]] : targetsOfList(part, onError)) {
      let inputs: Input[] = [];
      for (const target of targets) {
        if (target.from === 'list' && excludes?.path(target.name)) continue;
        if (target.url !== undefined) {
          if (inputs.length > 0) yield inputs;
          inputs = [];
          yield* inputsOfUrl(target, target.url, options, onError);
          continue;
        }
        const below = isGlob(target) ? filesOfGlob(target.name, options, onError) : filesBelow(target);
        if (below === undefined) {
          addInputs(inputs, [target.name], target, options, onError);
          if (inputs.length < BATCH_MAX) continue;
        }
        yield inputs;
        inputs = [];
        for await (const names of below ?? []) yield addInputs([], names, target, options, onError);
      }
      yield inputs;
    }
  }
}

async function* inputsOfUrl(
  { name, from, id, ranges: own }: InputTarget,
  url: string,
  options: PartOptions,
  onError: OnInputError,
): AsyncGenerator<Input[]> {
  const { searchOf, findObjects, inputsOfObject } = await remoteInputs();
  const target = { name, url, ranges: own ?? options.ranges, id };
  try {
    const recursive = options.recursive && from !== 'request';
    const search = from === 'request' ? undefined : searchOf(url, { recursive, globs: from === 'argument' });
    if (search === undefined) yield inputsOfObject(target);
    else yield* findObjects(target, search, options);
  } catch (error) {
    if (!isLsioError(error)) throw error;
    onError(name, error, id);
  }
}

/** Adds what is wanted of each of the files to `inputs`, which it returns. */
function addInputs(
  inputs: Input[],
  names: readonly ByteText[],
  { ranges, id }: InputTarget,
  { ranges: commonRanges }: InputOptions,
  onError: OnInputError,
): Input[] {
  const wanted = ranges ?? commonRanges;
  for (const name of names) {
    if (name.length >= PATH_BYTES_MAX) {
      onError(name, tooLong(name), id);
      continue;
    }
    const key = pathOf(name);
    if (wanted.length === 0) inputs.push({ name, key, range: undefined, id });
    else for (const range of wanted) inputs.push({ name, key, range, id });
  }
  return inputs;
}

/** Whether an argument may be a pattern: a file of that very name wins. */
function isGlob({ name, from }: InputTarget): boolean {
  return from === 'argument' && GLOB_CHARACTERS.test(name) && !exists(name);
}

async function* filesOfGlob(
  pattern: ByteText,
  options: PartOptions,
  onError: OnInputError,
): AsyncGenerator<ByteText[]> {
  const { expandGlob } = await import('../../paths/expand-glob.js');
  const files = await expandGlob(pattern, { excludes: options.excludes, onError });
  refuseFound(pattern, files ?? [], options);
  if (files?.length === 0) {
    const path = textOf(pattern);
    onError(pattern, new LsioError('read', `${path}: no file matches (ENOENT)`, { code: 'ENOENT', path }));
  } else
    for (let at = 0; at < (files?.length ?? 1); at += BATCH_MAX) yield files?.slice(at, at + BATCH_MAX) ?? [pattern];
}

/** @throws {LsioError} `usage` for the first line that is malformed. */
async function checkList(asked: NameList): Promise<NameList> {
  const list = await rereadable(asked);
  for await (const _ of targetsOfList(list, (_name, error) => raise(error)));
  return list;
}

function raise(error: Error): never {
  throw error;
}

async function* targetsOfList(list: NameList, onError: OnInputError): AsyncGenerator<InputTarget[]> {
  const takeEntry = list.requests ? await requestTaker() : list.separator === '\n' ? lineTarget : nameTarget;
  let line = 0;
  for await (const entries of readList(list)) {
    const targets: InputTarget[] = [];
    for (const entry of entries) {
      line++;
      try {
        const target = takeEntry(list.separator === '\n' ? lineWithoutMarks(entry, line === 1) : entry);
        if (target !== undefined) targets.push(target);
      } catch (error) {
        if (!(error instanceof LsioError)) throw error;
        // An address may hold secrets.
        const name = list.requests ? '' : shownAddress(entry);
        onError(name, new LsioError('usage', `${textOf(list.source)}:${line}: ${error.message}`, { cause: error }));
      }
    }
    yield targets;
  }
}

async function requestTaker(): Promise<(line: ByteText) => InputTarget | undefined> {
  const { parseRequest } = await import('./requests.js');
  return (line) => {
    if (line.trim() === '') return undefined;
    const { name, isUrl: mustBeUrl, ranges, id } = parseRequest(line);
    if (mustBeUrl && !isUrl(name)) throw new LsioError('usage', '"url" is no URL: it has no scheme');
    return targetAt(name, 'request', ranges, id);
  };
}

function lineTarget(line: ByteText): InputTarget | undefined {
  return line === '' ? undefined : targetOf(line, 'list');
}

function nameTarget(name: ByteText): InputTarget {
  return targetAt(name, 'list', undefined, undefined);
}

/** Longer than any path: it isn't even asked for. */
function tooLong(name: ByteText): LsioError {
  const code = 'ENAMETOOLONG';
  return new LsioError('read', `${textOf(name.slice(0, 60))}…: name too long (${code})`, { code });
}

/**
 * Refuses a directory that the output directory is in, unless that is excluded: its files would be read again, by this
 * command or the next one.
 *
 * @throws {LsioError} `usage`
 */
function refuseOutputBelow(directory: ByteText, { place, excludes }: PartOptions): void {
  const output = place?.below(directory);
  if (output === undefined) return;
  if (output === '') throw outputInside(directory, 'another output directory');
  for (let end = output.indexOf('/'); ; end = output.indexOf('/', end + 1)) {
    if (excludes?.entry(end < 0 ? output : output.slice(0, end), true)) return;
    if (end < 0) break;
  }
  throw outputInside(directory, `another output directory, or --exclude ${JSON.stringify(textOf(output))}`);
}

function outputInside(directory: ByteText, remedy: string): LsioError {
  const path = textOf(directory);
  return new LsioError('usage', `${path}: the output directory is in it`, { path, remedy });
}

/** @throws {LsioError} `usage` where a pattern finds files in the output directory, which is below its own. */
function refuseFound(pattern: ByteText, files: readonly ByteText[], { place }: PartOptions): void {
  const base = pattern.slice(0, pattern.lastIndexOf('/', pattern.search(GLOB_CHARACTERS)) + 1) || '.';
  if (place === undefined || place.below(base) === undefined) return;
  const file = files.find((each) => place.holds(each));
  if (file === undefined) return;
  const name = textOf(file);
  throw new LsioError('usage', `${name}: is in the output directory`, { path: name, remedy: '--exclude' });
}

function listOf(source: string, separator: NameList['separator']): NameList {
  return { source: byteTextOf(source), separator };
}
