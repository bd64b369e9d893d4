import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLsioError, LsioError, readError } from '../errors.js';
import { LocalStore } from '../store/local/local.js';
import { isRemoteUrl } from '../store/locator.js';
import type { Store } from '../store/store.js';
import { keyBelow, localPlaces, localSource } from './local-source.js';
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
 * Opens a source of arrays: a Zarr store (a directory, a `.zip` file), GRIB files, an EUMETSAT native file, or a kerchunk
 * reference file. It is recognised by what is in it, not by its name. A path within it may follow: `era.zarr/t2m`. Several
 * GRIB files are one source: their fields form common arrays.
 *
 * @param source a path, a URL, a directory or a pattern of GRIB files, or a list of these.
 * @throws {LsioError} `read` for what can't be read, `format` for what is no such source or is damaged; as
 * {@link LocalStore.open}.
 */
export async function openSource(
  source: string | readonly string[] | Store,
  options: OpenSourceOptions = {},
): Promise<ArraySource> {
  if (isList(source)) return source.length === 1 ? openSource(source[0]!, options) : openSeveral(source, options);
  if (typeof source !== 'string') return openStore(source, options);
  if (isRemoteUrl(source)) {
    const { openRemote } = await import('./open-remote.js');
    return openRemote(source, options);
  }
  const file = localPath(source);
  const located = await locate(file);
  // A path where nothing lies may be a pattern of GRIB files.
  if (located === undefined) return openGrib(source, [file], options);
  return located.isDirectory ? openDirectory(source, located, options) : openFile(source, located, options);
}

function isList(source: string | readonly string[] | Store): source is readonly string[] {
  return Array.isArray(source);
}

async function openSeveral(sources: readonly string[], options: OpenSourceOptions): Promise<ArraySource> {
  if (sources.length === 0) throw new LsioError('usage', 'no source is named');
  const name = `${sources[0]} and ${sources.length - 1} more`;
  if (sources.some(isRemoteUrl)) {
    const { openRemoteFiles } = await import('./open-remote-files.js');
    return openRemoteFiles(name, sources, options);
  }
  return openGrib(name, sources.map(localPath), options);
}

/** @throws {LsioError} `format` where no file holds GRIB messages. */
async function openGrib(name: string, paths: readonly string[], options: OpenSourceOptions): Promise<ArraySource> {
  const [{ localFiles }, { openGribFiles }] = await Promise.all([
    import('./local-files.js'),
    import('./open-grib-files.js'),
  ]);
  const { root, candidates } = await localFiles(paths);
  const store = await LocalStore.open(root, engineOptions(options));
  const source = localSource(store, root);
  const place = { store, source, candidates, name, engine: store.info.engine, isRemote: false };
  const opened = await openGribFiles(place, options);
  if (opened !== undefined) return opened;
  throw new LsioError('format', `${name}: none of its files is a GRIB file`, { path: name });
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
  throw new LsioError('usage', `${source}: lsio reads paths, file:, http:, https:, s3:, gs: and az:, not ${scheme}:`);
}

/** The deepest part of a path that is there; what follows is a path within it. Undefined where nothing can lie. */
async function locate(source: string): Promise<Located | undefined> {
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
    if (stats?.isDirectory() && inner !== '' && !(await hasOneOf(file, GROUP_METADATA))) return undefined;
    if (stats !== undefined) return { file, isDirectory: stats.isDirectory(), inner };
    if (file === '/') return undefined;
    file = path.dirname(file);
  }
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
    const places = localPlaces(store, root, path.relative('', root) || root);
    const contents = await openZarr(places, '', { verify }, signal);
    if (contents === undefined) {
      await store.close();
      return await openOtherDirectory(name, places, inner, options);
    }
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
  const key = keyBelow(root, file);
  const shown = path.relative('', file);
  const base = localPlaces(store, root, shown);
  const at = { name, shown, key, inner, directories: { directory, root }, engine: store.info.engine };
  return openFileIn({ store, base, ...at }, options);
}

/** A directory that is no Zarr store: it may hold GRIB files. */
async function openOtherDirectory(
  name: string,
  places: PlaceStore,
  inner: string,
  options: OpenSourceOptions,
): Promise<ArraySource> {
  const failure = await notASource(name, places, inner);
  if (inner !== '' || failure.remedy !== undefined) throw failure;
  return await openGrib(name, [localPath(name)], options).catch((error) => {
    throw isLsioError(error, 'format') ? failure : error;
  });
}

async function notASource(name: string, places: PlaceStore, inner: string): Promise<LsioError> {
  if (inner !== '') return new LsioError('read', `${name}: no such file or directory`, { code: 'ENOENT', path: name });
  const names = (await places.children?.('/'))?.names ?? [];
  const refused = refusedDirectory(names);
  return refused ? refusal(name, refused) : new LsioError('format', `${name}: is none of ${WAYS}`, { path: name });
}
