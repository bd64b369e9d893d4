import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { ByteSource, Place } from '../chunked-array.js';
import { getValue, type PlaceStore } from '../place-store.js';

/** What a Zarr store's own words are in: they are held in the references, so that they can be read at once. */
const METADATA = /(?:^|\/)(?:\.z(?:array|attrs|group|metadata)|zarr\.json)$/;
/** Directories below one another; a link may lead round. */
const DEPTH_MAX = 64;

export interface WrittenReferences {
  /** A piece of the file. */
  readonly text: string;
  /** It refers to a file that doesn't lie below the directory of the references. */
  readonly leadsOutside: boolean;
}

/**
 * The text of a kerchunk reference file, version 1: metadata as text, chunks as files or parts of files, and in base64 what
 * is stored packed. It is given entry by entry.
 *
 * @param root where the Zarr store begins in the store: `` or `/a/b`.
 * @param directory of the file that is written, absolute: paths are relative to it.
 * @throws {LsioError} `format` for a store that can't be listed, or whose values aren't in local files; as the store.
 * @see https://fsspec.github.io/kerchunk/spec.html
 */
export async function* referencesText(
  store: PlaceStore,
  root: string,
  directory: string,
  signal?: AbortSignal,
): AsyncGenerator<WrittenReferences, void, undefined> {
  yield { text: '{"version": 1, "refs": {', leadsOutside: false };
  let separator = '\n';
  for await (const key of keysBelow(store, root, DEPTH_MAX, signal)) {
    const name = key.slice(root.length + 1);
    const { entry, leadsOutside } = await entryOf(store, key, name, directory, signal);
    yield { text: `${separator}${JSON.stringify(name)}: ${JSON.stringify(entry)}`, leadsOutside };
    separator = ',\n';
  }
  yield { text: '\n}}\n', leadsOutside: false };
}

async function* keysBelow(
  store: PlaceStore,
  key: string,
  depth: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<AbsolutePath, void, undefined> {
  signal?.throwIfAborted();
  if (store.children === undefined) throw new LsioError('format', `${store.name}: its values can't be listed`);
  const children = await store.children((key || '/') as AbsolutePath, { signal });
  for (const name of children?.names ?? []) {
    if (!name.endsWith('/')) yield `${key}/${name}` as AbsolutePath;
    else if (depth > 0) yield* keysBelow(store, `${key}/${name.slice(0, -1)}`, depth - 1, signal);
  }
}

async function entryOf(
  store: PlaceStore,
  key: AbsolutePath,
  name: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly entry: string | readonly (string | number)[]; readonly leadsOutside: boolean }> {
  const place = METADATA.test(name) ? await getValue(store, key, { signal }) : await store.locate(key, { signal });
  if (place === undefined)
    throw new LsioError('changed', `${store.name}${key}: vanished while it was read`, { path: key });
  if (place instanceof Uint8Array) {
    const text = Buffer.from(place).toString(METADATA.test(name) ? 'utf8' : 'base64');
    // Text that begins like base64 would be taken for it.
    const isText = METADATA.test(name) && !text.startsWith('base64:');
    return { entry: isText ? text : `base64:${Buffer.from(place).toString('base64')}`, leadsOutside: false };
  }
  const { file, leadsOutside } = fileOf(store.sources, place, { directory });
  const entry = place.range === undefined ? [file] : [file, place.range.offset, place.range.length];
  return { entry, leadsOutside };
}

/** Where references are written: names of local files are relative to it. */
export interface ReferenceTarget {
  /** Absolute. */
  readonly directory: string;
}

/** How references name the file of a place. @throws {LsioError} `format` for one that they can't name */
export function fileOf(
  sources: readonly Pick<ByteSource, 'spec'>[],
  { source, key }: Place,
  { directory }: ReferenceTarget,
): { readonly file: string; readonly leadsOutside: boolean } {
  const url = sources[source]?.spec?.url;
  if (url === undefined) throw new LsioError('format', `${key}: its values are in no file`);
  const isLocal = url.startsWith('file:');
  const file = isLocal
    ? path.relative(directory, path.join(fileURLToPath(url), key))
    : `${url.replace(/\/$/, '')}${key.split('/').map(encodeURIComponent).join('/')}`;
  // What looks like a template would be taken for one.
  if (file.includes('{{'))
    throw new LsioError('format', `${file}: references can't hold a name with {{`, { path: file });
  return { file, leadsOutside: isLocal && (file.startsWith('..') || path.isAbsolute(file)) };
}
