import { isLsioError, type LsioError } from '../../errors.js';
import { describeField, type FieldKeys } from '../../formats/grib/describe.js';
import type { GribFault } from '../../formats/grib/fault.js';
import type { GribField } from '../../formats/grib/field.js';
import { readIndex } from '../../formats/grib/index-read.js';
import { indexedMessages } from '../../formats/grib/indexed.js';
import { scanGrib } from '../../formats/grib/scan.js';
import { type FieldSelection, isSelected } from '../../formats/grib/select.js';
import type { GribSource } from '../../formats/grib/source.js';
import type { GribMessage } from '../../formats/grib/walk.js';
import { byteTextOf } from '../../paths/byte-text.js';
import { say } from '../app/talk.js';
import type { GribConfig, GribFile, Sidecar } from './grib-file.js';
import { namedError, readSidecar } from './grib-files.js';

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
export async function listFile(file: GribFile, config: GribConfig): Promise<FileListing> {
  const listing = emptyListing(file.name, file);
  try {
    await using source = await file.open();
    listing.bytes = source.size;
    if (await listIndexed(listing, source, config)) return listing;
    await listScanned(listing, source, config);
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
async function listIndexed(listing: FileListing, source: GribSource, config: GribConfig): Promise<boolean> {
  const found = await indexOf(listing.file!, config.index);
  if (found === undefined) return false;
  const index = found.name;
  try {
    const entries = readIndex(found.bytes, source.size);
    const { messages, bytesRead } = await indexedMessages(source, entries, config.fields);
    for (const message of messages) add(listing, message, config.fields);
    listing.messages = entries.length;
    listing.fields = Math.max(
      messages.reduce((sum, { fields }) => sum + fields.length, 0),
      entries.reduce((sum, { lines }) => sum + Math.max(lines.length, 1), 0),
    );
    Object.assign(listing, { bytesRead, index });
    return true;
  } catch (error) {
    if (!isLsioError(error, 'format') || config.strict) throw error;
    say(`lsio: ${index}: ${error.message}; ${listing.name} is scanned instead`);
    listing.rows.length = 0;
    listing.fields = 0;
    listing.messages = 0;
    return false;
  }
}

/** The index to use: the one that is named, or one beside the file. */
async function indexOf(file: GribFile, choice: string): Promise<Sidecar | undefined> {
  if (choice === 'none') return undefined;
  return choice === 'auto' ? file.sidecar() : readSidecar(byteTextOf(choice));
}

async function listScanned(listing: FileListing, source: GribSource, config: GribConfig): Promise<void> {
  const scan = scanGrib(source, { lenient: config.lenient, chains: config.chains });
  for (;;) {
    const next = await scan.next();
    if (next.done) {
      Object.assign(listing, { skippedBytes: next.value.skippedBytes, bytesRead: next.value.bytesRead });
      return;
    }
    for (const item of next.value) {
      if ('fault' in item) {
        listing.faults.push(item.fault);
        continue;
      }
      listing.messages++;
      listing.fields += item.message.fields.length;
      add(listing, item.message, config.fields);
    }
  }
}

function add(listing: FileListing, message: GribMessage, selection: FieldSelection): void {
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
