import type { Signal } from '../abort.js';
import { isLsioError, LsioError } from '../errors.js';
import { keyPattern } from '../store/key-pattern.js';
import type { AbsolutePath } from '../store/keys.js';
import { shownAddress, splitUrl } from '../store/locator.js';
import { openStore } from '../store/open.js';
import type { RemoteOptions } from '../store/remote-options.js';
import type { RemoteStore } from '../store/remote-store.js';
import { openFileIn, sourceOf } from './open-file.js';
import type { OpenSourceOptions } from './open-options.js';
import { openRemoteFiles } from './open-remote-files.js';
import type { PlaceStore } from './place-store.js';
import type { ArraySource } from './source.js';
import { openZarr } from './zarr/zarr-source.js';

/** An address in two: the root of a bucket, container or web server, and the key of what is named in it. */
interface Address {
  /** With a slash at its end. */
  readonly root: string;
  /** Without a slash at either end; empty for the root itself. */
  readonly key: string;
}

const ARRAY_METADATA = ['zarr.json', '.zarray'] as const;
const GROUP_METADATA = ['.zgroup', '.zmetadata'] as const;

/**
 * Opens a source of arrays at an address: a Zarr store, an array in one, or a file of any kind that is read locally. A
 * path within the store may follow.
 *
 * @throws {LsioError} `usage` for a malformed address, `read` where nothing lies there; as {@link openFileIn}
 */
export async function openRemote(source: string, options: OpenSourceOptions): Promise<ArraySource> {
  const { remote = {}, signal } = options;
  const address = addressOf(source);
  const store = await openAt(address.root, '', remote);
  try {
    if (keyPattern(source) !== undefined && !(await isFile(store, address.key, signal))) {
      return await openRemoteFiles(shownAddress(source), [source], options);
    }
    // The deepest place that is something: what follows is a path within it.
    for (let key = address.key, inner = ''; ; ) {
      const metadata = await metadataAt(store, key, signal);
      if (metadata.length > 0) {
        const isInGroup = await hasParent(store, key, metadata, signal);
        return await openStoreAt(source, { ...address, key }, inner, isInGroup, options);
      }
      if (await isFile(store, key, signal)) return await openFileAt(source, { ...address, key }, inner, options);
      if (key === '') return await openFolder(source, store, address.key, options);
      const slash = key.lastIndexOf('/');
      inner = key.slice(slash + 1) + (inner === '' ? '' : `/${inner}`);
      key = key.slice(0, Math.max(0, slash));
    }
  } finally {
    await store.close();
  }
}

/** What is no Zarr store and no object may hold GRIB files below it. */
async function openFolder(source: string, store: RemoteStore, key: string, options: OpenSourceOptions) {
  const name = shownAddress(source);
  const { signal } = options;
  if (!store.capabilities.list || (await store.children(`/${key}`, { signal })) === undefined) throw absent(name);
  return await openRemoteFiles(name, [source.endsWith('/') ? source : `${source}/`], options);
}

function absent(name: string): LsioError {
  const remedy = 'check the address, and that you may read it';
  return new LsioError('read', `${name}: nothing of that name`, { code: 'ENOENT', path: name, remedy });
}

/** @throws {LsioError} `usage` */
function addressOf(source: string): Address {
  // What a signature says of one object says nothing of others.
  if (/^https?:[^#]*\?/i.test(source))
    throw new LsioError('usage', `${shownAddress(source)}: arrays are not read from signed addresses`);
  const { address, key } = splitUrl(source);
  return { root: address, key: trimmed(key) };
}

function trimmed(key: string): string {
  return key.replace(/^\/+|\/+$/g, '');
}

function openAt(root: string, key: string, options: RemoteOptions): Promise<RemoteStore> {
  return openStore(root + key.split('/').map(encodeURIComponent).join('/'), options) as Promise<RemoteStore>;
}

/** Which files of Zarr's metadata lie directly below a key. */
async function metadataAt(store: RemoteStore, key: string, signal: Signal | undefined): Promise<readonly string[]> {
  const found = await Promise.all(
    [...ARRAY_METADATA, ...GROUP_METADATA].map(async (name) =>
      (await isFile(store, join(key, name), signal)) ? [name] : [],
    ),
  );
  return found.flat();
}

async function isFile(store: RemoteStore, key: string, signal: Signal | undefined): Promise<boolean> {
  if (key === '') return false;
  try {
    return (await store.head(key, { signal })) !== undefined;
  } catch (error) {
    // Web servers deny directories, buckets deny what isn't there to those who may not list.
    if (isLsioError(error, 'denied') && error.status === 403) return false;
    throw error;
  }
}

/** An array's coordinates lie beside it: whether the group around it is there, which is opened then, too. */
async function hasParent(
  store: RemoteStore,
  key: string,
  metadata: readonly string[],
  signal: Signal | undefined,
): Promise<boolean> {
  if (key === '' || metadata.some((name) => name.startsWith('.zg') || name === '.zmetadata')) return false;
  const around = await metadataAt(store, parentOf(key), signal);
  return around.includes('zarr.json') || around.includes('.zgroup') || around.includes('.zmetadata');
}

async function openStoreAt(
  source: string,
  { root, key }: Address,
  inner: string,
  isInGroup: boolean,
  options: OpenSourceOptions,
): Promise<ArraySource> {
  const { remote = {}, verify = true, signal } = options;
  const top = isInGroup ? parentOf(key) : key;
  const path = isInGroup ? join(key.slice(key.lastIndexOf('/') + 1), inner) : inner;
  const store = await openAt(root, top, remote);
  try {
    const name = shownAddress(source);
    const places = placesOf(store, root + top, name);
    const contents = await openZarr(places, '', { verify }, signal);
    if (contents === undefined) throw new LsioError('format', `${name}: holds no Zarr store`, { path: name });
    // Where nothing lists a group, it is known only by consolidated metadata.
    if (isInGroup && !contents.arrays.some((array) => array.name === path.split('/')[0])) {
      await store.close();
      return openStoreAt(source, { root, key }, inner, false, options);
    }
    return sourceOf({ ...contents, name, places: { store: places, root: '' }, path, engine: 'http' }, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openFileAt(
  source: string,
  { root, key }: Address,
  inner: string,
  options: OpenSourceOptions,
): Promise<ArraySource> {
  const directory = `/${parentOf(key)}`;
  const top = options.allowOutside ? '/' : directory;
  const store = await openAt(root, trimmed(top), options.remote ?? {});
  const name = shownAddress(source);
  const base = placesOf(store, root + trimmed(top), name);
  const at = `/${top === '/' ? key : key.slice(top.length)}` as AbsolutePath;
  return openFileIn(
    {
      store,
      base,
      key: at,
      name,
      shown: name,
      inner,
      directories: { directory, root: top },
      engine: 'http',
      isRemote: true,
    },
    options,
  );
}

/** The values of a remote store. */
function placesOf(store: RemoteStore, url: string, name: string): PlaceStore {
  const places: PlaceStore = {
    name,
    sources: [{ store, spec: { url } }],
    locate: (key) => Promise.resolve({ source: 0, key }),
  };
  if (!store.capabilities.list) return places;
  return {
    ...places,
    async children(key, options) {
      const names = await store.children(key, options);
      return names && { id: `${url}${key}`, names };
    },
  };
}

function join(key: string, name: string): string {
  return key === '' || name === '' ? key + name : `${key}/${name}`;
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}
