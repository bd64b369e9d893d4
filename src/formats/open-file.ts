import { type JsonValue, parseExactJson } from '../array/exact-json.js';
import { LsioError } from '../errors.js';
import type { AbsolutePath } from '../store/keys.js';
import { openGribArrays } from './grib/arrays.js';
import type { GribInput } from './grib/find-fields.js';
import { GRIB_HEAD_BYTES, isGrib } from './grib/recognise.js';
import { openNativeArrays } from './nat/arrays.js';
import { HEADER_START_BYTES, isNative } from './nat/header.js';
import type { OpenSourceOptions } from './open-options.js';
import type { PlaceStore } from './place-store.js';
import { fileFormat, HEAD_BYTES, refusedFormat } from './recognise.js';
import { type OwnReferences, ownReferences } from './refs/own-references.js';
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
  /** Requests take long: an index beside the file is worth a look. @default false */
  readonly isRemote?: boolean;
}

/** Opens a file as what is in it. @throws {LsioError} `format` for what is no source, or damaged; as the store */
export async function openFileIn(place: FilePlace, options: OpenSourceOptions): Promise<ArraySource> {
  const { store, base, key, name, shown, inner, directories, engine } = place;
  const { verify = true, signal } = options;
  try {
    const fields = await openFields(place, options);
    if (fields !== undefined) return sourceOf({ name, ...fields, path: inner, engine }, store);
    const places = await openPlaces(base, key, shown, directories);
    if ('files' in places)
      return sourceOf({ name, ...(await openOwn(place, places, options)), path: inner, engine }, store);
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

/** Tells what a file is, and is all that is needed of a native image's first headers. */
const FIELDS_HEAD_BYTES = Math.max(GRIB_HEAD_BYTES, HEADER_START_BYTES);

/** A file of fields or of an image: GRIB, EUMETSAT native. Undefined if it is neither. */
async function openFields(
  { base, key, shown, isRemote = false }: FilePlace,
  { fields, calibration, onWarning, signal }: OpenSourceOptions,
) {
  const source = base.sources[0]!;
  const { size } = (await source.store.head(key, { signal })) ?? { size: 0 };
  const length = Math.min(size, FIELDS_HEAD_BYTES);
  const head = length === 0 ? undefined : await source.store.getRange(key, { offset: 0, length }, { signal });
  if (head === undefined) return undefined;
  const isImage = isNative(head);
  if (!isImage && !isGrib(head.subarray(0, GRIB_HEAD_BYTES))) return undefined;
  const { warnings, ...contents } = isImage
    ? await openNativeArrays(source, key, { calibration, signal, known: { size, start: head } })
    : await openGribArrays(source, [{ key, name: shown }], { selection: fields, sidecars: isRemote, signal });
  for (const warning of warnings) onWarning?.(warning);
  return { ...contents, sources: [source] };
}

/** What lsio's own references of fields or of an image name, read as such: they say where, the files say what. */
async function openOwn({ base, key, shown }: FilePlace, own: OwnReferences, options: OpenSourceOptions) {
  const { fields, calibration, onWarning, signal } = options;
  const source = base.sources[0]!;
  const [first] = own.files;
  const isImage = own.format === 'nat';
  if (first === undefined || (!isImage && own.format !== 'grib')) {
    throw new LsioError('format', `${shown}: references of the kind ${own.format} are not known`, { path: key });
  }
  const { warnings, ...contents } = isImage
    ? await openNativeArrays(source, first, { calibration, signal })
    : await openGribArrays(source, messagesOf(own), { selection: fields, signal });
  for (const warning of warnings) onWarning?.(warning);
  const arrays = isImage ? contents.arrays.filter((array) => own.arrays.has(array.name)) : contents.arrays;
  return { ...contents, arrays, format: `${contents.format}, by references`, sources: [source] };
}

/** The messages of each file, and which of their fields are meant. */
function messagesOf({ files, parts }: OwnReferences): GribInput[] {
  const byFile = new Map(files.map((key) => [key, new Map<number, { end: number; fields: Set<number> }>()]));
  for (const { key, offset, length, ordinal } of parts) {
    const messages = byFile.get(key)!;
    const message = messages.get(offset) ?? { end: offset + length, fields: new Set() };
    message.fields.add(ordinal);
    messages.set(offset, message);
  }
  return [...byFile].map(([key, messages]) => ({
    key,
    name: key.slice(1),
    messages: [...messages]
      .sort(([a], [b]) => a - b)
      .map(([offset, { end, fields }], i) => ({ offset, end, message: i + 1, lines: [], fields })),
  }));
}

async function openPlaces(
  base: PlaceStore,
  key: AbsolutePath,
  name: string,
  directories: { directory: string; root: string },
): Promise<PlaceStore | OwnReferences> {
  const source = base.sources[0]!;
  const { size } = (await source.store.head(key)) ?? { size: 0 };
  const length = Math.min(size, HEAD_BYTES);
  const head = length === 0 ? undefined : await source.store.getRange(key, { offset: 0, length });
  const format = fileFormat(head ?? new Uint8Array(0));
  if (format === 'zip') return openZip(source, key, name);
  const json = format === 'json' ? parseJson(name, (await source.store.get(key)) ?? new Uint8Array(0)) : null;
  if (isReferences(json))
    return ownReferences(name, json, directories) ?? openReferences(source, name, json, directories);
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
