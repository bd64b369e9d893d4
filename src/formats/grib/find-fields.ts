import type { Signal } from '../../abort.js';
import { isLsioError, LsioError } from '../../errors.js';
import { mapLimited } from '../../map-limited.js';
import type { Extent } from '../../range.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { ByteStore } from '../chunked-array.js';
import type { DescribedField, GribFile } from './cube.js';
import { describeField } from './describe.js';
import { type IndexEntry, readIndex } from './index-read.js';
import { INDEX_FORMATS, indexName } from './index-write.js';
import { indexedMessages } from './indexed.js';
import { scanGrib } from './scan.js';
import { type FieldSelection, isSelected } from './select.js';
import type { GribSource } from './source.js';
import type { GribMessage } from './walk.js';

/** Files whose headers are read at once. */
const FILES_AT_ONCE = 64;

/** A file and what is already known of its messages. */
export interface GribInput extends GribFile {
  /** Where messages are said to lie, and which of their fields are wanted (from 1). Absent: a scan finds them. */
  readonly messages?: readonly (IndexEntry & { readonly fields: ReadonlySet<number> })[];
}

export interface FindOptions {
  readonly selection?: FieldSelection | undefined;
  /** Whether an index beside a file is used: it saves requests where each takes long. @default false */
  readonly sidecars?: boolean | undefined;
  readonly signal?: Signal | undefined;
}

export interface FoundFields {
  readonly fields: readonly DescribedField[];
  /** Messages that can't be read, and indexes that are not believed. */
  readonly warnings: readonly string[];
}

/**
 * The fields of files, in the order of the files. Only headers are read.
 *
 * @throws {LsioError} `read` for a file that is not there; `format` where a message is not at its said place.
 */
export async function findFields(
  store: ByteStore,
  files: readonly GribInput[],
  options: FindOptions,
): Promise<FoundFields> {
  const found = await mapLimited(files, FILES_AT_ONCE, (file) => fieldsOf(store, file, options));
  return {
    fields: found.flatMap(({ fields }) => fields),
    warnings: found.flatMap(({ warnings }, i) =>
      files.length === 1 ? warnings : warnings.map((warning) => `${files[i]!.name}: ${warning}`),
    ),
  };
}

async function fieldsOf(store: ByteStore, file: GribInput, options: FindOptions): Promise<FoundFields> {
  const source = await sourceAt(store, file, options.signal);
  const fields: DescribedField[] = [];
  const warnings: string[] = [];
  const add = (message: GribMessage, wanted?: ReadonlySet<number>) => {
    for (const [i, field] of message.fields.entries()) {
      if (wanted?.has(i + 1) === false) continue;
      const keys = describeField(field);
      if (isSelected(field, keys, options.selection ?? {})) fields.push({ file, field, keys });
    }
  };
  if (file.messages !== undefined) {
    const wanted = new Map(file.messages.map((message) => [message.offset, message.fields]));
    const { messages } = await indexedMessages(source, file.messages, {});
    for (const message of messages) add(message, wanted.get(message.offset));
    return { fields, warnings };
  }
  const indexed = options.sidecars ? await bySidecar(store, file, source, options, warnings) : undefined;
  if (indexed !== undefined) for (const message of indexed) add(message);
  else {
    for await (const items of scanGrib(source)) {
      for (const item of items) {
        if ('message' in item) add(item.message);
        else warnings.push(`${item.fault.message} (${item.fault.code} at byte ${item.fault.offset})`);
      }
    }
  }
  return { fields, warnings };
}

/** What the index beside a file names, checked; undefined where there is none, or one that the file contradicts. */
async function bySidecar(
  store: ByteStore,
  file: GribFile,
  source: GribSource,
  { selection = {}, signal }: FindOptions,
  warnings: string[],
): Promise<GribMessage[] | undefined> {
  const sidecar = await readSidecar(store, file.key, signal);
  if (sidecar === undefined) return undefined;
  try {
    return (await indexedMessages(source, readIndex(sidecar.bytes, source.size), selection)).messages;
  } catch (error) {
    if (!isLsioError(error, 'format')) throw error;
    warnings.push(`${sidecar.key}: ${error.message}; the file is scanned instead`);
    return undefined;
  }
}

/** The first index that lies beside a file. */
export async function readSidecar(
  store: ByteStore,
  key: AbsolutePath,
  signal?: Signal,
): Promise<{ key: string; bytes: Uint8Array } | undefined> {
  const keys = INDEX_FORMATS.map((format) => indexName(key, format) as AbsolutePath).filter((name) => name !== key);
  const found = await Promise.all(
    keys.map(async (name) => {
      // Buckets deny what isn't there to those who may not list.
      const bytes = await store.get(name, { signal }).catch((error) => {
        if (isLsioError(error, 'denied')) return undefined;
        throw error;
      });
      return bytes === undefined ? [] : [{ key: name, bytes }];
    }),
  );
  return found.flat()[0];
}

/** What a file is read from, whatever its keys are. */
export interface FileStore<Key> {
  head(key: Key, options: { signal?: Signal | undefined }): Promise<{ size: number } | undefined>;
  getRange(key: Key, range: Extent, options: { signal?: Signal | undefined }): Promise<Uint8Array | undefined>;
}

/** @throws {LsioError} `read` when it isn't there. */
export async function sourceAt<Key>(
  store: FileStore<Key>,
  { key, name }: { readonly key: Key; readonly name: string },
  signal?: Signal,
): Promise<GribSource> {
  const absent = () => new LsioError('read', `${name}: no such file`, { code: 'ENOENT', path: name });
  const head = await store.head(key, { signal });
  if (head === undefined) throw absent();
  return {
    size: head.size,
    read: async (extent) => {
      const bytes = await store.getRange(key, extent, { signal });
      if (bytes === undefined) throw absent();
      return bytes;
    },
  };
}
