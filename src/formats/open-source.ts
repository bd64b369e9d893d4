import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LsioError, readError } from '../errors.js';
import type { AbsolutePath } from '../store/keys.js';
import { LocalStore } from '../store/local/local.js';
import { isRemoteUrl } from '../store/locator.js';
import type { Store } from '../store/store.js';
import { localPlaces } from './local-source.js';
import { openFileIn, refusal, sourceOf, WAYS } from './open-file.js';
import type { OpenSourceOptions } from './open-options.js';
import type { PlaceStore } from './place-store.js';
import { refusedDirectory } from './recognise.js';
import type { ArraySource } from './source.js';
import { storePlaces } from './store-places.js';
import { openZarr } from './zarr/zarr-source.js';

/** What lies on the local disk, and the path that follows within it. */
interface Located {
  /** Absolute. */
  readonly file: string;
  readonly isDirectory: boolean;
  /** `t2m` of `era.zarr/t2m`. */
  readonly inner: string;
}

const GROUP_METADATA = ['zarr.json', '.zgroup', '.zmetadata'];
const ARRAY_METADATA = ['zarr.json', '.zarray'];

/**
 * Opens a source of arrays: a Zarr store (a directory, a `.zip` file), a GRIB file, or a kerchunk reference file. It is recognised by
 * what is in it, not by its name. A path within it may follow: `era.zarr/t2m`.
 *
 * @param source a path, or a `file:` URL.
 * @throws {LsioError} `read` for what can't be read, `format` for what is no such source or is damaged; as
 * {@link LocalStore.open}.
 */
export async function openSource(source: string | Store, options: OpenSourceOptions = {}): Promise<ArraySource> {
  if (typeof source !== 'string') return openStore(source, options);
  if (isRemoteUrl(source)) {
    const { openRemote } = await import('./open-remote.js');
    return openRemote(source, options);
  }
  const located = await locate(localPath(source));
  return located.isDirectory ? openDirectory(source, located, options) : openFile(source, located, options);
}

async function openStore(store: Store, { verify = true, signal }: OpenSourceOptions): Promise<ArraySource> {
  const name = 'store';
  const contents = await openZarr(storePlaces(store, name), '', { verify }, signal);
  if (contents === undefined) throw new LsioError('format', `${name}: holds no Zarr store`);
  return sourceOf({ name, ...contents, path: '', engine: 'node' }, { close: () => Promise.resolve() });
}

function engineOptions({
  verify: _verify,
  allowOutside: _allow,
  fields: _fields,
  calibration: _calibration,
  onWarning: _onWarning,
  remote: _remote,
  signal: _signal,
  ...options
}: OpenSourceOptions) {
  return options;
}

function localPath(source: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return source;
  if (scheme === 'file') return fileURLToPath(source);
  throw new LsioError('usage', `${source}: arrays are read from local files only, not from ${scheme}:`);
}

/** The deepest part of a path that is there; what follows is a path within it. */
async function locate(source: string): Promise<Located> {
  const absolute = path.resolve(source);
  let file = absolute;
  for (;;) {
    const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.errno !== undefined && error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
        throw readError(file, 0, -error.errno);
      }
    });
    const inner = absolute.slice(file === '/' ? 1 : file.length + 1);
    // A directory that isn't the whole path can't lead to what isn't in it, unless its metadata is consolidated.
    if (stats?.isDirectory() && inner !== '' && !(await hasOneOf(file, GROUP_METADATA))) break;
    if (stats !== undefined) return { file, isDirectory: stats.isDirectory(), inner };
    if (file === '/') break;
    file = path.dirname(file);
  }
  throw new LsioError('read', `${source}: no such file or directory`, { code: 'ENOENT', path: source });
}

async function hasOneOf(directory: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    names.map((name) =>
      stat(path.join(directory, name)).then(
        (stats) => stats.isFile(),
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function openDirectory(name: string, { file, inner }: Located, options: OpenSourceOptions): Promise<ArraySource> {
  const { verify = true, signal } = options;
  let root = file;
  let within = inner;
  const parent = path.dirname(file);
  // An array's coordinates lie beside it: the group around it is opened, too.
  const isArray = (await hasOneOf(file, ARRAY_METADATA)) && !(await hasOneOf(file, ['.zgroup', '.zmetadata']));
  if (isArray && (await hasOneOf(parent, GROUP_METADATA))) {
    root = parent;
    within = path.join(path.basename(file), inner);
  }
  const store = await LocalStore.open(root, engineOptions(options));
  try {
    const places = localPlaces(store, root === '/' ? '' : root, path.relative('', root) || root);
    const contents = await openZarr(places, '', { verify }, signal);
    if (contents === undefined) throw await notASource(name, places, inner);
    const own = { name, places: { store: places, root: '' }, engine: store.info.engine };
    return sourceOf({ ...contents, ...own, path: within.replace(/\/$/, '') }, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openFile(name: string, { file, inner }: Located, options: OpenSourceOptions): Promise<ArraySource> {
  const directory = path.dirname(file);
  const root = options.allowOutside ? '/' : directory;
  const store = await LocalStore.open(root, engineOptions(options));
  const key = file.slice(root === '/' ? 0 : root.length) as AbsolutePath;
  const shown = path.relative('', file);
  const base = localPlaces(store, root === '/' ? '' : root, shown);
  const at = { name, shown, key, inner, directories: { directory, root }, engine: store.info.engine };
  return openFileIn({ store, base, ...at }, options);
}

async function notASource(name: string, places: PlaceStore, inner: string): Promise<LsioError> {
  if (inner !== '') return new LsioError('read', `${name}: no such file or directory`, { code: 'ENOENT', path: name });
  const names = (await places.children?.('/'))?.names ?? [];
  const refused = refusedDirectory(names);
  return refused ? refusal(name, refused) : new LsioError('format', `${name}: is none of ${WAYS}`, { path: name });
}
