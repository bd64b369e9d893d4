import { gribError } from './fault.js';

/** A message that an index names. Nothing in it is believed before the file confirms it. */
export interface IndexEntry {
  /** Where the message begins. */
  readonly offset: number;
  /** Where the next one begins, or the index says it ends; the file's size for the last. */
  readonly end: number;
  /** Number of the message in the file, from 1. */
  readonly message: number;
  /** `:VAR:LEVEL:TIME:` of each field, where the index has them. */
  readonly lines: readonly string[];
}

interface Row {
  readonly offset: number;
  readonly length?: number | undefined;
  readonly line?: string | undefined;
}

const PICKLE = 0x80;
const IDX_LINE = /^\d+(?:\.\d+)?:(\d+):(?:d=|D=)?[^:]*(:.*)$/;

/**
 * Reads an index of wgrib2 (`.idx`), of ECMWF (`.index`, JSON lines) or of lsio, whichever it is.
 *
 * @param size of the GRIB file, in bytes.
 * @throws {LsioError} code `index` for what is none of these, is empty, or points past the file's end.
 */
export function readIndex(bytes: Uint8Array, size: number): IndexEntry[] {
  if (bytes[0] === PICKLE) throw gribError('index', 'the index is a pickle of Python: lsio does not run such');
  const text = new TextDecoder().decode(bytes);
  const rows = referencesOf(text) ?? linesOf(text);
  if (rows.length === 0) throw gribError('index', 'the index names no message');
  const past = rows.find(({ offset, length = 1 }) => !Number.isSafeInteger(offset + length) || offset + length > size);
  if (past !== undefined) throw gribError('index', `the index points past the end of the file, to byte ${past.offset}`);
  const byOffset = new Map<number, Row[]>();
  for (const row of rows) {
    const same = byOffset.get(row.offset);
    if (same === undefined) byOffset.set(row.offset, [row]);
    else same.push(row);
  }
  const offsets = [...byOffset.keys()].sort((a, b) => a - b);
  return offsets.map((offset, i) => {
    const own = byOffset.get(offset)!;
    const lengths = own.flatMap(({ length }) => length ?? []);
    return {
      offset,
      end: lengths.length > 0 ? offset + Math.max(...lengths) : (offsets[i + 1] ?? size),
      message: i + 1,
      lines: own.flatMap(({ line }) => line ?? []),
    };
  });
}

function linesOf(text: string): Row[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .flatMap(rowOf);
}

/** The messages of a reference file of kerchunk; undefined for what is none. */
function referencesOf(text: string): Row[] | undefined {
  if (!/^\s*\{[^}]*"refs"\s*:/.test(text)) return undefined;
  const { refs } = parseJson(text);
  if (typeof refs !== 'object' || refs === null) throw gribError('index', 'the references name no parts of files');
  const files = new Set<unknown>();
  const rows = Object.values(refs).flatMap((entry: unknown) => {
    if (!Array.isArray(entry) || typeof entry[1] !== 'number' || typeof entry[2] !== 'number') return [];
    files.add(entry[0]);
    return [{ offset: entry[1], length: entry[2] }];
  });
  if (files.size > 1) throw gribError('index', `the references name ${files.size} files`);
  return rows;
}

function rowOf(line: string): Row[] {
  if (!line.startsWith('{')) {
    const found = IDX_LINE.exec(line);
    if (found === null) throw gribError('index', `not a line of an index: ${line.slice(0, 60)}`);
    return [{ offset: Number(found[1]), line: found[2]!.endsWith(':') ? found[2] : `${found[2]}:` }];
  }
  const row = parseJson(line);
  // lsio's own begins with a line about the file.
  if (row.schema !== undefined) return [];
  const [offset, length] = [row._offset ?? row.offset, row._length ?? row.length];
  if (typeof offset !== 'number' || typeof length !== 'number') {
    throw gribError('index', `no _offset and _length in ${line.slice(0, 60)}`);
  }
  return [{ offset, length, line: typeof row.line === 'string' ? IDX_LINE.exec(row.line)?.[2] : undefined }];
}

function parseJson(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw gribError('index', `not a line of JSON: ${line.slice(0, 60)}`);
  }
}
