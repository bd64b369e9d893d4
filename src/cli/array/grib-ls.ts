import { existsSync } from 'node:fs';
import { type FieldKeys, inventoryLine } from '../../formats/grib/describe.js';
import type { GribField } from '../../formats/grib/field.js';
import { isPattern } from '../../paths/globs.js';
import type { GribFaultEntry, GribFieldEntry, GribFileEntry } from '../../results/grib-ls.js';
import { formatBytes } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { print, say } from '../app/talk.js';
import type { GribConfig } from './grib-file.js';
import { FILES_AT_ONCE, GribFiles } from './grib-files.js';
import { emptyListing, type FileListing, listFile, tellFaults } from './grib-listing.js';
import { longTable } from './grib-table.js';
import { inOrder } from './in-order.js';

/** What `lsio grib ls` is to do. */
export interface LsConfig extends GribConfig {
  readonly long: boolean;
  readonly json: boolean;
}

interface Totals {
  files: number;
  fields: number;
  listed: number;
  messages: number;
  bytes: number;
  bytesRead: number;
  faults: number;
  indexes: number;
}

export async function listFields(config: LsConfig, context: Context): Promise<void> {
  const { paths, json, run } = config;
  const begin = process.hrtime.bigint();
  const totals: Totals = {
    files: 0,
    fields: 0,
    listed: 0,
    messages: 0,
    bytes: 0,
    bytesRead: 0,
    faults: 0,
    indexes: 0,
  };
  const lost: FileListing[] = [];
  await using opened = new GribFiles(config, context);
  const files = opened.all((name, error) => lost.push(emptyListing(name, undefined, error)));
  const isOne = paths.length === 1 && !config.recursive && !isGlob(paths[0]!);
  let isBegun = false;
  const listings = inOrder(files, FILES_AT_ONCE, (file) => listFile(file, config));
  for await (const listing of listings) {
    if (json && !isBegun) print(`{"schema":"lsio.grib-ls/1","files":[`);
    isBegun = true;
    report(listing, config, isOne, totals);
  }
  if (json && !isBegun) print(`{"schema":"lsio.grib-ls/1","files":[`);
  for (const listing of lost) report(listing, config, isOne, totals);
  const wallNs = Number(process.hrtime.bigint() - begin);
  if (json) print(`],"bytesRead":${totals.bytesRead},"wallNs":${wallNs}}\n`);
  if (totals.faults > 0 || totals.listed === 0) process.exitCode = EXIT.someFailed;
  if (!run.quiet) say(summaryOf(totals, wallNs));
}

/** A pattern may match several files: lines begin with their names. */
function isGlob(path: string): boolean {
  return isPattern(path) && !existsSync(path);
}

function summaryOf(totals: Totals, wallNs: number): string {
  const what = `${totals.listed} of ${totals.fields} fields, ${totals.messages} messages, ${formatBytes(totals.bytes)}`;
  const how = totals.indexes === 0 ? 'scanned, no index' : `${totals.indexes} of ${totals.files} files by their index`;
  return `${what}; read ${formatBytes(totals.bytesRead)} in ${Math.ceil(wallNs / 1e6)} ms (${how})`;
}

function report(listing: FileListing, { json, long, run }: LsConfig, isOne: boolean, totals: Totals): void {
  const { name, rows } = listing;
  if (json) print(`${totals.files > 0 ? ',' : ''}${JSON.stringify(documentOf(listing))}`);
  else if (long) print(longTable(rows, isOne ? undefined : name));
  else print(rows.map(({ field, keys }) => `${isOne ? '' : `${name}:`}${inventoryLine(field, keys)}\n`).join(''));
  totals.faults += tellFaults(listing);
  if (listing.skippedBytes > 0 && run.verbose) {
    say(`lsio: ${name}: ${listing.skippedBytes} bytes lie in no message`);
  }
  totals.files++;
  totals.fields += listing.fields;
  totals.listed += rows.length;
  totals.messages += listing.messages;
  totals.bytes += listing.bytes;
  totals.bytesRead += listing.bytesRead;
  if (listing.index !== undefined) totals.indexes++;
}

/** A file of `lsio.grib-ls/1`. */
function documentOf({ name, bytes, rows, faults, error, skippedBytes, index }: FileListing): GribFileEntry {
  const errors: GribFaultEntry[] = faults.map(({ offset, code, message }) => ({ offset, code, message }));
  if (error !== undefined) {
    errors.push({ offset: error.offset ?? 0, code: error.code ?? error.kind, message: error.message });
  }
  return {
    file: name,
    bytes,
    skippedBytes,
    ...(index === undefined ? {} : { index }),
    fields: rows.map(({ field, keys }) => fieldDocument(field, keys)),
    errors,
  };
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
