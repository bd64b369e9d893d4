import { existsSync, readFileSync } from 'node:fs';
import { isLsioError, type LsioError, readError } from '../../errors.js';
import { describeField, type FieldKeys } from '../../formats/grib/describe.js';
import type { GribFault } from '../../formats/grib/fault.js';
import type { GribField } from '../../formats/grib/field.js';
import { readIndex } from '../../formats/grib/index-read.js';
import { INDEX_FORMATS, indexName } from '../../formats/grib/index-write.js';
import { indexedMessages } from '../../formats/grib/indexed.js';
import { scanGrib } from '../../formats/grib/scan.js';
import { isSelected } from '../../formats/grib/select.js';
import type { GribSource } from '../../formats/grib/source.js';
import type { GribMessage } from '../../formats/grib/walk.js';
import { byteTextOf, pathOf } from '../../paths/byte-text.js';
import type { Context } from '../app/context.js';
import { say } from '../app/talk.js';
import { selectionOf } from './field-options.js';
import { type GribFile, type GribOptions, headersOf, namedError } from './grib-files.js';

/** What was found in one file. */
export interface FileListing {
  readonly name: string;
  readonly file?: GribFile | undefined;
  bytes: number;
  /** The fields that are selected. */
  readonly rows: { readonly field: GribField; readonly keys: FieldKeys }[];
  readonly faults: GribFault[];
  error?: LsioError | undefined;
  /** The index that was used. */
  index?: string | undefined;
  fields: number;
  messages: number;
  skippedBytes: number;
  bytesRead: number;
}

/** Lists the fields of one file: by its index where there is one that fits, else by a scan. A fault ends nothing. */
export async function listFile(file: GribFile, options: GribOptions, context: Context): Promise<FileListing> {
  const listing = emptyListing(file.name, file);
  try {
    using source = headersOf(file, context);
    listing.bytes = source.size;
    if (await listIndexed(listing, source, options)) return listing;
    await listScanned(listing, source, options);
  } catch (error) {
    if (!isLsioError(error)) throw error;
    listing.error = namedError(file.name, error);
  }
  return listing;
}

export function emptyListing(name: string, file?: GribFile, error?: LsioError): FileListing {
  return { name, file, bytes: 0, rows: [], faults: [], error, fields: 0, messages: 0, skippedBytes: 0, bytesRead: 0 };
}

/** @returns whether an index was there and right. */
async function listIndexed(listing: FileListing, source: GribSource, options: GribOptions): Promise<boolean> {
  const index = indexOf(listing.file!, options.index);
  if (index === undefined) return false;
  try {
    const entries = readIndex(indexBytes(index), source.size);
    const { messages, bytesRead } = await indexedMessages(source, entries, selectionOf(options));
    for (const message of messages) add(listing, message, options);
    listing.messages = entries.length;
    listing.fields = Math.max(
      messages.reduce((sum, { fields }) => sum + fields.length, 0),
      entries.reduce((sum, { lines }) => sum + Math.max(lines.length, 1), 0),
    );
    Object.assign(listing, { bytesRead, index });
    return true;
  } catch (error) {
    if (!isLsioError(error, 'format') || options.strict) throw error;
    say(`lsio: ${index}: ${error.message}; ${listing.name} is scanned instead`);
    listing.rows.length = 0;
    listing.fields = 0;
    listing.messages = 0;
    return false;
  }
}

/** The index to use: the one that is named, or one beside the file. */
function indexOf({ name, path }: GribFile, choice: string): string | undefined {
  if (choice === 'none') return undefined;
  if (choice !== 'auto') return choice;
  if (name === '-') return undefined;
  return INDEX_FORMATS.map((format) => indexName(path, format)).find(
    (candidate) => candidate !== path && existsSync(pathOf(candidate)),
  );
}

function indexBytes(index: string): Uint8Array {
  try {
    return readFileSync(pathOf(byteTextOf(index)));
  } catch (error) {
    throw readError(index, 0, Math.abs((error as NodeJS.ErrnoException).errno ?? 5));
  }
}

async function listScanned(listing: FileListing, source: GribSource, options: GribOptions): Promise<void> {
  const scan = scanGrib(source, { lenient: options.lenient, chains: options.chains ?? 1 });
  for (;;) {
    const next = await scan.next();
    if (next.done) {
      Object.assign(listing, { skippedBytes: next.value.skippedBytes, bytesRead: next.value.bytesRead });
      return;
    }
    if ('fault' in next.value) {
      listing.faults.push(next.value.fault);
      continue;
    }
    listing.messages++;
    listing.fields += next.value.message.fields.length;
    add(listing, next.value.message, options);
  }
}

function add(listing: FileListing, message: GribMessage, options: GribOptions): void {
  const selection = selectionOf(options);
  for (const field of message.fields) {
    const keys = describeField(field);
    if (isSelected(field, keys, selection)) listing.rows.push({ field, keys });
  }
}

/** What is wrong with a file, told on stderr. @returns how many things. */
export function tellFaults({ name, faults, error }: FileListing): number {
  for (const fault of faults) say(`lsio: ${name}: ${fault.message} (${fault.code} at byte ${fault.offset})`);
  if (error !== undefined) say(`lsio: ${error.message}`);
  return faults.length + (error === undefined ? 0 : 1);
}
