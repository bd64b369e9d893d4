import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../../array/exact-json.js';
import { type Partial, parsePartial, partialText } from '../../compute/partial.js';
import type { Shard } from '../../compute/shard.js';
import { planHash, reductionsOf, type StatsSpec } from '../../compute/stats-spec.js';
import { LsioError, outputError } from '../../errors.js';
import { writeWholeFile } from '../../output/whole-file.js';

const PREFIX = 'lsio-partial-';
/** Enough of the plan's hash to keep the files of different statistics apart in one directory. */
const HASH_CHARS = 12;
/** A partial file of maps is large; a file beyond this is something else. */
const FILE_BYTES_MAX = 2 ** 31 - 1;

/** Where a shard's partial file goes. */
export function partialFile(directory: string, spec: StatsSpec, { index, count }: Shard): string {
  return path.join(directory, `${PREFIX}${planHash(spec).slice(0, HASH_CHARS)}-${index}-of-${count}.json`);
}

/** @throws {LsioError} `usage` for statistics that need more than one pass. */
export function checkShardable(spec: StatsSpec): void {
  const counting = reductionsOf(spec).find(({ kind }) => kind === 'quantile' || kind === 'histogram');
  if (counting === undefined) return;
  const why = 'each of its passes needs the results of the one before';
  throw new LsioError('usage', `${counting.name} can't be computed in shards: ${why}`);
}

/** Whether a whole partial file of this plan is there. */
export function isDone(file: string, spec: StatsSpec): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  try {
    return planHash(parsePartial(file, text).spec) === planHash(spec);
  } catch {
    // A damaged file is written again.
    return false;
  }
}

/** Writes a partial file, which appears under its name when it is whole. @throws {LsioError} `output` */
export function writePartial(file: string, partial: Partial): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
  } catch (error) {
    throw outputError(path.dirname(file), error);
  }
  writeWholeFile(file, [partialText(partial)], true);
}

/**
 * Reads partial files, and all of those in directories.
 *
 * @throws {LsioError} `read` for what can't be read, `usage` as {@link parsePartial} and where there is none.
 */
export function readPartials(names: readonly string[]): Map<string, Partial> {
  const files = new Map<string, Partial>();
  for (const name of names.flatMap(filesOf)) files.set(name, parsePartial(name, readText(name)));
  if (files.size === 0) {
    throw new LsioError('usage', `no partial files in ${names.join(', ')}`, {
      remedy: 'write them: lsio stats SOURCE --shard K/N --partial DIR',
    });
  }
  return files;
}

function filesOf(name: string): string[] {
  try {
    if (!statSync(name).isDirectory()) return [name];
    const found = readdirSync(name).filter((file) => file.startsWith(PREFIX) && file.endsWith('.json'));
    return found.sort().map((file) => path.join(name, file));
  } catch (error) {
    throw readFailure(name, error);
  }
}

function readText(name: string): string {
  try {
    const { size } = statSync(name);
    if (size > FILE_BYTES_MAX) throw new LsioError('usage', `${name}: too large for a partial file`, { path: name });
    return readFileSync(name, 'utf8');
  } catch (error) {
    throw error instanceof LsioError ? error : readFailure(name, error);
  }
}

function readFailure(path: string, cause: unknown): LsioError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new LsioError('read', `${path}: ${message}`, { code, path, cause });
}

/** The shards that are missing, as text: `3/7, 5/7`, where all files are of one number of shards. */
export function missingShards(files: ReadonlyMap<string, Partial>): string | undefined {
  const shards = [...files.values()].map(({ about }) => about.shard as JsonObject | undefined);
  const count = Number(shards[0]?.count);
  if (!shards.every((shard) => shard?.count === count)) return undefined;
  const there = new Set(shards.map((shard) => Number(shard?.index)));
  const absent = Array.from({ length: count }, (_, index) => index).filter((index) => !there.has(index));
  return absent.length === 0 ? undefined : absent.map((index) => `${index}/${count}`).join(', ');
}
