import { LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import { type ByteText, byteTextOf, pathOf } from '../../paths/byte-text.js';
import type { Excludes } from '../../paths/globs.js';
import type { ByteRange } from '../../range.js';
import { keyPattern } from '../../store/key-pattern.js';
import { exactKey } from '../../store/keys.js';
import { splitKnown, splitUrl } from '../../store/locator.js';
import type { RemoteStore } from '../../store/remote-store.js';

/** Objects given at a time. */
const BATCH_MAX = 1024;

/** Where objects are looked for. */
export interface RemoteNeeds {
  readonly excludes: Excludes | undefined;
  readonly signal: AbortSignal;
  /** Opens the bucket, container or web server of an address. */
  readonly open: (address: string) => Promise<RemoteStore>;
}

/** An address as it was given, and what is wanted of what lies there. */
export interface RemoteTarget {
  /** For people, files and documents. */
  readonly name: ByteText;
  readonly url: string;
  readonly ranges: readonly ByteRange[];
  readonly id?: string | number | undefined;
}

/** How an address is to be taken, other than as that of one object. */
export type Search = 'glob' | 'folder';

/**
 * Whether an address stands for several objects: a pattern, where patterns are taken, or with `-r` what lies below it.
 *
 * @throws {LsioError} `usage` for a folder without `-r`, and where the service has no listing
 */
export function searchOf(url: string, options: { recursive: boolean; globs: boolean }): Search | undefined {
  const { root, key, reference } = splitKnown(url);
  const isGlob = options.globs && keyPattern(url) !== undefined;
  const isFolder = key === '' || key.endsWith('/');
  if (reference !== undefined) {
    // Web servers answer for a folder, too: with a page.
    if (!isGlob && !options.recursive) return undefined;
    const remedy = isGlob ? 'name the objects; write [ as %5B' : 'name the objects';
    throw new LsioError('usage', `${root}${key}: plain HTTP has no listing`, { remedy });
  }
  if (isGlob) return 'glob';
  if (isFolder && !options.recursive) throw new LsioError('usage', `${root}${key}: -r gets what is below it`);
  return options.recursive ? 'folder' : undefined;
}

/** The input of one object, for each range that is wanted. */
export function inputsOfObject({ name, url, ranges, id }: RemoteTarget): Input[] {
  const common = { name, key: pathOf(name), id, url };
  return ranges.length === 0 ? [{ ...common, range: undefined }] : ranges.map((range) => ({ ...common, range }));
}

/**
 * The objects that an address stands for, in the order of the bytes of their keys.
 *
 * @throws {LsioError} `read` where there is none, and what a listing throws
 */
export async function* findObjects(target: RemoteTarget, search: Search, needs: RemoteNeeds): AsyncGenerator<Input[]> {
  const { root, address, key } = splitUrl(target.url);
  const { prefix, regExp } = search === 'glob' ? keyPattern(target.url)! : folderOf(key);
  const store = await needs.open(address);
  let inputs: Input[] = [];
  let found = 0;
  for await (const entry of store.list(`/${prefix}`, { signal: needs.signal })) {
    const object = entry.key.slice(1);
    if (regExp?.test(object) === false) continue;
    found++;
    // Of a folder, patterns are for what is below it.
    if (needs.excludes?.path(byteTextOf(search === 'glob' ? object : object.slice(prefix.length)))) continue;
    if (entry.size !== undefined) store.noteSize(exactKey(object), entry.size);
    const url = root + object.split('/').map(encodeURIComponent).join('/');
    inputs.push(...inputsOfObject({ ...target, name: byteTextOf(root + object), url }));
    if (inputs.length < BATCH_MAX) continue;
    yield inputs;
    inputs = [];
  }
  // With -r one object may be named, too, as one file may.
  if (found === 0 && search === 'folder' && key !== '' && !key.endsWith('/')) yield inputsOfObject(target);
  else if (found === 0) throw nothingThere(`${root}${key}`);
  yield inputs;
}

function folderOf(key: string): { readonly prefix: string; readonly regExp?: undefined } {
  return { prefix: key === '' || key.endsWith('/') ? key : `${key}/` };
}

function nothingThere(path: string): LsioError {
  return new LsioError('read', `${path}: no object there (ENOENT)`, { code: 'ENOENT', path });
}
