import { isLsioError, type LsioError } from '../../errors.js';
import { describeField, type FieldKeys, inventoryLine } from '../../formats/grib/describe.js';
import type { GribFault } from '../../formats/grib/fault.js';
import type { GribField } from '../../formats/grib/field.js';
import { scanGrib } from '../../formats/grib/scan.js';
import { type FieldSelection, isSelected } from '../../formats/grib/select.js';
import type { GribFaultEntry, GribFieldEntry, GribFileEntry } from '../../results/grib-ls.js';
import type { LocalStore } from '../../store/local/local.js';
import { formatBytes } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { print, say } from '../app/talk.js';
import {
  filesOf,
  type GribFile,
  type GribOptions,
  namedError,
  openFiles,
  selectionOf,
  sourceOf,
} from './grib-files.js';
import { longTable } from './grib-table.js';
import { inOrder } from './in-order.js';

/** Files that are read at once: their hops overlap. */
const FILES_AT_ONCE = 64;

export interface LsOptions extends GribOptions {
  readonly long: boolean;
}

/** What was found in one file. */
export interface FileListing {
  readonly name: string;
  bytes: number;
  readonly rows: { readonly field: GribField; readonly keys: FieldKeys }[];
  readonly faults: GribFault[];
  error?: LsioError;
  fields: number;
  messages: number;
  skippedBytes: number;
  bytesRead: number;
}

interface Totals {
  files: number;
  fields: number;
  listed: number;
  messages: number;
  bytes: number;
  bytesRead: number;
  faults: number;
}

/** `lsio grib ls`. */
export async function listFields(paths: readonly string[], options: LsOptions, context: Context): Promise<void> {
  const begin = process.hrtime.bigint();
  const selection = selectionOf(options);
  const totals: Totals = { files: 0, fields: 0, listed: 0, messages: 0, bytes: 0, bytesRead: 0, faults: 0 };
  const lost: FileListing[] = [];
  await using store = await openFiles(options, context);
  const files = filesOf(paths, options.recursive, (name, error) => lost.push(failed(name, error)));
  const isOne = paths.length === 1 && !options.recursive;
  if (options.json) print(`{"schema":"lsio.grib-ls/1","files":[`);
  const listings = inOrder(files, FILES_AT_ONCE, (file) => listFile(store, file, selection, options, context));
  for await (const listing of listings) {
    report(listing, options, isOne, totals);
  }
  for (const listing of lost) report(listing, options, isOne, totals);
  const wallNs = Number(process.hrtime.bigint() - begin);
  if (options.json) print(`],"bytesRead":${totals.bytesRead},"wallNs":${wallNs}}\n`);
  if (totals.faults > 0 || totals.listed === 0) process.exitCode = EXIT.someFailed;
  if (!options.quiet) {
    const what = `${totals.listed} of ${totals.fields} fields, ${totals.messages} messages, ${formatBytes(totals.bytes)}`;
    say(`${what}; read ${formatBytes(totals.bytesRead)} in ${Math.ceil(wallNs / 1e6)} ms (scanned, no index)`);
  }
}

/** Scans one file; a fault in it ends nothing. */
export async function listFile(
  store: LocalStore,
  file: GribFile,
  selection: FieldSelection,
  { lenient, chains }: Pick<GribOptions, 'lenient' | 'chains'>,
  context: Context,
): Promise<FileListing> {
  const listing: FileListing = { ...failed(file.name), faults: [] };
  try {
    const source = await sourceOf(store, file, context);
    listing.bytes = source.size;
    const scan = scanGrib(source, { lenient, chains });
    for (;;) {
      const next = await scan.next();
      if (next.done) {
        Object.assign(listing, { skippedBytes: next.value.skippedBytes, bytesRead: next.value.bytesRead });
        return listing;
      }
      if ('fault' in next.value) {
        listing.faults.push(next.value.fault);
        continue;
      }
      const { fields } = next.value.message;
      listing.messages++;
      listing.fields += fields.length;
      for (const field of fields) {
        const keys = describeField(field);
        if (isSelected(field, keys, selection)) listing.rows.push({ field, keys });
      }
    }
  } catch (error) {
    if (!isLsioError(error)) throw error;
    listing.error = namedError(file.name, error);
    return listing;
  }
}

function failed(name: string, error?: LsioError): FileListing {
  const empty = { name, bytes: 0, rows: [], faults: [], fields: 0, messages: 0, skippedBytes: 0, bytesRead: 0 };
  return error === undefined ? empty : { ...empty, error };
}

function report(listing: FileListing, options: LsOptions, isOne: boolean, totals: Totals): void {
  const { name, rows, faults, error } = listing;
  if (options.json) print(`${totals.files > 0 ? ',' : ''}${JSON.stringify(documentOf(listing))}`);
  else if (options.long) print(longTable(rows, isOne ? undefined : name));
  else print(rows.map(({ field, keys }) => `${isOne ? '' : `${name}:`}${inventoryLine(field, keys)}\n`).join(''));
  for (const fault of faults) say(`lsio: ${name}: ${fault.message} (${fault.code} at byte ${fault.offset})`);
  if (error !== undefined) say(`lsio: ${error.message}`);
  if (listing.skippedBytes > 0 && options.verbose) {
    say(`lsio: ${name}: ${listing.skippedBytes} bytes lie in no message`);
  }
  totals.files++;
  totals.fields += listing.fields;
  totals.listed += rows.length;
  totals.messages += listing.messages;
  totals.bytes += listing.bytes;
  totals.bytesRead += listing.bytesRead;
  totals.faults += faults.length + (error === undefined ? 0 : 1);
}

/** A file of `lsio.grib-ls/1`. */
function documentOf({ name, bytes, rows, faults, error, skippedBytes }: FileListing): GribFileEntry {
  const errors: GribFaultEntry[] = faults.map(({ offset, code, message }) => ({ offset, code, message }));
  if (error !== undefined)
    errors.push({ offset: error.offset ?? 0, code: error.code ?? error.kind, message: error.message });
  return { file: name, bytes, skippedBytes, fields: rows.map(({ field, keys }) => fieldDocument(field, keys)), errors };
}

function fieldDocument(field: GribField, keys: FieldKeys): GribFieldEntry {
  const { edition, shortName, paramId, parameter, typeOfLevel, level, stepRange, date, packingType, gridType } = keys;
  return {
    number: field.number,
    offset: field.message.offset,
    length: field.message.length,
    edition,
    shortName,
    paramId,
    parameter,
    typeOfLevel,
    level,
    stepRange,
    stepType: keys.stepType,
    ...(keys.member === undefined ? {} : { member: keys.member }),
    date,
    centre: keys.centre,
    packingType,
    gridType,
    points: keys.points,
    line: inventoryLine(field, keys),
  };
}
