import { CountingEngine } from '../../engine/counting.js';
import { LsioError } from '../../errors.js';
import type { Input, Inputs } from '../../output/input.js';
import { byteTextOf, pathOf } from '../../paths/byte-text.js';
import { type Excludes, excludesOf, globRegExp } from '../../paths/globs.js';
import { splitPathRanges } from '../../paths/range-text.js';
import type { ByteRange } from '../../range.js';
import { isRemoteUrl, splitUrl } from '../../store/locator.js';
import { openRemoteStore } from '../../store/open-remote.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import type { RemoteStore } from '../../store/remote-store.js';
import type { InputOptions } from './inputs.js';

/** Objects given at a time. */
const BATCH_MAX = 1024;
const GLOB_CHARACTERS = /[*?[\]{}]/;

/** What a `get` of URLs reads from. */
export interface RemoteGet {
  readonly store: RemoteStore;
  readonly engine: CountingEngine;
  readonly inputs: Inputs;
}

/**
 * Opens the bucket, container or web server that all URLs lie in.
 *
 * @throws {LsioError} `usage` for URLs of several of them, or with paths or lists beside them
 */
export async function openRemoteGet(
  options: InputOptions,
  remote: RemoteOptions,
  signal: AbortSignal,
): Promise<RemoteGet> {
  const { paths, filesFrom, files0From, requests } = options;
  if (!paths.every(isRemoteUrl) || filesFrom.length + files0From.length + requests.length > 0) {
    throw new LsioError('usage', 'URLs go without paths and lists', {
      remedy: 'one command for the files, one for the URLs',
    });
  }
  const targets = paths.map((path) => targetOf(path));
  const [{ root, address }] = targets as [Target];
  const other = targets.find((target) => target.address !== address);
  if (other !== undefined) {
    const remedy = 'one command for each';
    throw new LsioError('usage', `${root} and ${other.root}: one server or bucket at a time`, { remedy });
  }
  let counting: CountingEngine | undefined;
  const store = await openRemoteStore(address, remote, (engine) => {
    counting = new CountingEngine(engine);
    return counting;
  });
  return { store, engine: counting!, inputs: inputsOf(targets, store, options, signal) };
}

interface Target {
  readonly root: string;
  readonly address: string;
  readonly key: string;
  /** With a slash at its end: all below it. */
  readonly isFolder: boolean;
  readonly ranges: readonly ByteRange[] | undefined;
}

function targetOf(argument: string): Target {
  // What follows a # can only be ranges: one of a key is %23.
  const { path, ranges } = splitPathRanges(argument);
  const { root, address, key } = splitUrl(path);
  return { root, address, key: key.replace(/\/$/, ''), isFolder: key === '' || key.endsWith('/'), ranges };
}

async function* inputsOf(
  targets: readonly Target[],
  store: RemoteStore,
  options: InputOptions,
  signal: AbortSignal,
): Inputs {
  const excludes = options.exclude.length === 0 ? undefined : excludesOf(options.exclude.map(byteTextOf));
  for (const target of targets) {
    const { key, isFolder } = target;
    const isGlob = GLOB_CHARACTERS.test(key);
    if (!isGlob && !isFolder && !options.recursive) {
      yield addInputs(target, [key], options);
      continue;
    }
    if (isFolder && !isGlob && !options.recursive) {
      throw new LsioError('usage', `${target.root}${key}: -r gets what is below it`);
    }
    let names: string[] = [];
    let found = 0;
    for await (const name of keysOf(target, isGlob, store, signal)) {
      if (excludes?.path(byteTextOf(name)) || isExcludedBelow(name, excludes)) continue;
      found++;
      names.push(name);
      if (names.length < BATCH_MAX) continue;
      yield addInputs(target, names, options);
      names = [];
    }
    yield addInputs(target, names, options);
    if (found === 0) {
      const path = `${target.root}${key}`;
      throw new LsioError('read', `${path}: no object there (ENOENT)`, { code: 'ENOENT', path });
    }
  }
}

/** Directories are excluded with all that is in them. */
function isExcludedBelow(name: string, excludes: Excludes | undefined): boolean {
  if (excludes === undefined) return false;
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    if (excludes.entry(byteTextOf(name.slice(0, at)), true)) return true;
  }
  return excludes.entry(byteTextOf(name), false);
}

/** The keys of a folder, or those that a pattern matches, in the order of their bytes. */
async function* keysOf(
  { key }: Target,
  isGlob: boolean,
  store: RemoteStore,
  signal: AbortSignal,
): AsyncIterable<string> {
  const fixed = isGlob
    ? key.slice(0, key.lastIndexOf('/', key.search(GLOB_CHARACTERS)) + 1)
    : key === ''
      ? ''
      : `${key}/`;
  const pattern = isGlob ? globRegExp(key) : undefined;
  for await (const { key: found } of store.list(`/${fixed}`, { signal })) {
    const name = found.slice(1);
    if (pattern === undefined || pattern.test(name)) yield name;
  }
}

function addInputs({ root, ranges: own }: Target, keys: readonly string[], { ranges: common }: InputOptions): Input[] {
  const wanted = own ?? common;
  return keys.flatMap((key) => {
    const name = byteTextOf(root + key);
    // The store knows keys by their address, too: lists of inputs keep names only.
    const path = pathOf(name);
    const ranges = wanted.length === 0 ? [undefined] : wanted;
    return ranges.map((range): Input => ({ key: path, name, range }));
  });
}
