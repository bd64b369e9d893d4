import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonValue, parseExactJson } from '../array/exact-json.js';
import { LsioError, readError } from '../errors.js';
import type { Signal } from '../read/abort.js';
import type { AbsolutePath } from '../store/keys.js';
import { LocalStore, type LocalStoreOptions } from '../store/local/local.js';
import type { Store } from '../store/store.js';
import type { ByteSource } from './chunked-array.js';
import { openGribArrays } from './grib/arrays.js';
import { GRIB_HEAD_BYTES, isGrib } from './grib/recognise.js';
import type { FieldSelection } from './grib/select.js';
import { localPlaces } from './local-source.js';
import { openNativeArrays } from './nat/arrays.js';
import type { Calibration } from './nat/calibrate.js';
import { isNative } from './nat/header.js';
import type { PlaceStore } from './place-store.js';
import { fileFormat, HEAD_BYTES, refusedDirectory, refusedFormat } from './recognise.js';
import { openReferences } from './refs/reference-store.js';
import { isReferences } from './refs/references.js';
import type { ArraySource } from './source.js';
import { storePlaces } from './store-places.js';
import { openZarr } from './zarr/zarr-source.js';
import { openZip } from './zarr/zip.js';

export interface OpenSourceOptions extends LocalStoreOptions {
  /**
   * Whether checksums are verified.
   * @default true
   */
  readonly verify?: boolean | undefined;
  /**
   * Whether a reference file may refer to files outside of its directory.
   * @default false
   */
  readonly allowOutside?: boolean | undefined;
  /** Which fields of a GRIB file are taken. @default all */
  readonly fields?: FieldSelection | undefined;
  /** What the counts of an EUMETSAT native file become. @default bt or reflectance */
  readonly calibration?: Calibration | undefined;
  /** Is told what was left out of the arrays: damaged messages, fields whose place is taken, lines that are cut off. */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: Signal | undefined;
}

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
const WAYS =
  'a Zarr store (directory or .zip), a GRIB file, an EUMETSAT native file (.nat), or a kerchunk reference file (.json)';

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
  const { verify = true, allowOutside = false, signal } = options;
  const directory = path.dirname(file);
  const root = allowOutside ? '/' : directory;
  const store = await LocalStore.open(root, engineOptions(options));
  try {
    const key = file.slice(root === '/' ? 0 : root.length) as AbsolutePath;
    const shown = path.relative('', file);
    const base = localPlaces(store, root === '/' ? '' : root, shown);
    const fields = await openFields(base.sources[0]!, key, options);
    if (fields !== undefined) return sourceOf({ name, ...fields, path: inner, engine: store.info.engine }, store);
    const places = await openPlaces(base, key, shown, { directory, root });
    const start = await zarrRoot(places);
    const contents = await openZarr(places, start, { verify }, signal);
    if (contents === undefined) throw new LsioError('format', `${name}: holds no Zarr store`, { path: name });
    const format = places.how === undefined ? contents.format : `${contents.format}, ${places.how}`;
    const own = { name, format, places: { store: places, root: start }, engine: store.info.engine };
    return sourceOf({ ...contents, ...own, path: inner }, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A file of fields or of an image: GRIB, EUMETSAT native. Undefined if it is neither. */
async function openFields(
  source: ByteSource,
  key: AbsolutePath,
  { fields, calibration, onWarning, signal }: OpenSourceOptions,
) {
  const { size } = (await source.store.head(key, { signal })) ?? { size: 0 };
  const length = Math.min(size, GRIB_HEAD_BYTES);
  const head = length === 0 ? undefined : await source.store.getRange(key, { offset: 0, length }, { signal });
  if (head === undefined) return undefined;
  const isImage = isNative(head);
  if (!isImage && !isGrib(head)) return undefined;
  const { warnings, ...contents } = isImage
    ? await openNativeArrays(source, key, calibration, signal)
    : await openGribArrays(source, key, fields, signal);
  for (const warning of warnings) onWarning?.(warning);
  return contents;
}

async function openPlaces(
  base: PlaceStore,
  key: AbsolutePath,
  name: string,
  directories: { directory: string; root: string },
): Promise<PlaceStore> {
  const source = base.sources[0]!;
  const { size } = (await source.store.head(key)) ?? { size: 0 };
  const length = Math.min(size, HEAD_BYTES);
  const head = length === 0 ? undefined : await source.store.getRange(key, { offset: 0, length });
  const format = fileFormat(head ?? new Uint8Array(0));
  if (format === 'zip') return openZip(source, key, name);
  const json = format === 'json' ? parseJson(name, (await source.store.get(key)) ?? new Uint8Array(0)) : null;
  if (isReferences(json)) return openReferences(source, name, json, directories);
  const refused = refusedFormat(head ?? new Uint8Array(0));
  if (refused !== undefined) throw refusal(name, refused);
  throw new LsioError('format', `${name}: is none of ${WAYS}`, { path: name });
}

function parseJson(name: string, bytes: Uint8Array): JsonValue {
  try {
    return parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LsioError('format', `${name}: is not JSON: ${(cause as Error).message}`, { path: name, cause });
  }
}

/** A zip file often holds the directory of the store rather than what is in it. */
async function zarrRoot(places: PlaceStore): Promise<string> {
  const top = await places.children?.('/');
  const [only] = top?.names ?? [];
  return top?.names.length === 1 && only?.endsWith('/') ? `/${only.slice(0, -1)}` : '';
}

async function notASource(name: string, places: PlaceStore, inner: string): Promise<LsioError> {
  if (inner !== '') return new LsioError('read', `${name}: no such file or directory`, { code: 'ENOENT', path: name });
  const names = (await places.children?.('/'))?.names ?? [];
  const refused = refusedDirectory(names);
  return refused ? refusal(name, refused) : new LsioError('format', `${name}: is none of ${WAYS}`, { path: name });
}

function refusal(name: string, { name: format, way }: { readonly name: string; readonly way: string }): LsioError {
  return new LsioError('format', `${name}: is ${format}, which lsio does not read`, { path: name, remedy: way });
}

function sourceOf(
  contents: Omit<ArraySource, 'close' | typeof Symbol.asyncDispose>,
  store: Pick<LocalStore, 'close'>,
): ArraySource {
  return { ...contents, close: () => store.close(), [Symbol.asyncDispose]: () => store.close() };
}
