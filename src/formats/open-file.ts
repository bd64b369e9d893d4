import { type JsonValue, parseExactJson } from '../array/exact-json.js';
import { LsioError } from '../errors.js';
import type { AbsolutePath } from '../store/keys.js';
import type { ByteSource } from './chunked-array.js';
import { openGribArrays } from './grib/arrays.js';
import { GRIB_HEAD_BYTES, isGrib } from './grib/recognise.js';
import { openNativeArrays } from './nat/arrays.js';
import { isNative } from './nat/header.js';
import type { OpenSourceOptions } from './open-options.js';
import type { PlaceStore } from './place-store.js';
import { fileFormat, HEAD_BYTES, refusedFormat } from './recognise.js';
import { openReferences } from './refs/reference-store.js';
import { isReferences } from './refs/references.js';
import type { ArraySource } from './source.js';
import { openZarr } from './zarr/zarr-source.js';
import { openZip } from './zarr/zip.js';

/** What sources may be, for people. */
export const WAYS =
  'a Zarr store (directory or .zip), a GRIB file, an EUMETSAT native file (.nat), or a kerchunk reference file (.json)';

/** A file in a store that may be a source. */
export interface FilePlace {
  /** Closed with the source, or when it can't be opened. */
  readonly store: { close(): Promise<void> };
  readonly base: PlaceStore;
  readonly key: AbsolutePath;
  /** As it was asked for. */
  readonly name: string;
  /** For people. */
  readonly shown: string;
  /** The path that follows within it. */
  readonly inner: string;
  /** Where a reference file lies, and below which files it may refer to. */
  readonly directories: { readonly directory: string; readonly root: string };
  readonly engine: string;
}

/** Opens a file as what is in it. @throws {LsioError} `format` for what is no source, or damaged; as the store */
export async function openFileIn(place: FilePlace, options: OpenSourceOptions): Promise<ArraySource> {
  const { store, base, key, name, shown, inner, directories, engine } = place;
  const { verify = true, signal } = options;
  try {
    const fields = await openFields(base.sources[0]!, key, options);
    if (fields !== undefined) return sourceOf({ name, ...fields, path: inner, engine }, store);
    const places = await openPlaces(base, key, shown, directories);
    const start = await zarrRoot(places);
    const contents = await openZarr(places, start, { verify }, signal);
    if (contents === undefined) throw new LsioError('format', `${name}: holds no Zarr store`, { path: name });
    const format = places.how === undefined ? contents.format : `${contents.format}, ${places.how}`;
    return sourceOf({ ...contents, name, format, places: { store: places, root: start }, engine, path: inner }, store);
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

/** The error for a format that is known and not read. */
export function refusal(
  name: string,
  { name: format, way }: { readonly name: string; readonly way: string },
): LsioError {
  return new LsioError('format', `${name}: is ${format}, which lsio does not read`, { path: name, remedy: way });
}

/** A source that closes its store. */
export function sourceOf(
  contents: Omit<ArraySource, 'close' | typeof Symbol.asyncDispose>,
  store: { close(): Promise<void> },
): ArraySource {
  return { ...contents, close: () => store.close(), [Symbol.asyncDispose]: () => store.close() };
}
