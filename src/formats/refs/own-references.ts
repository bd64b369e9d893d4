import { isJsonObject, type JsonObject, type JsonValue } from '../../array/exact-json.js';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import { MARK, OWN } from '../reference-group.js';
import type { ReferenceOptions } from './reference-store.js';
import { parseReference, parseReferences, targetKey } from './references.js';

/** What a reference file that lsio wrote says of files with fields or an image: they are read as such. */
export interface OwnReferences {
  readonly format: string;
  /** In the order in which they were read when the references were written. */
  readonly files: readonly AbsolutePath[];
  readonly parts: readonly OwnPart[];
  /** Names of the arrays. */
  readonly arrays: ReadonlySet<string>;
}

/** A part of a file that a chunk lies in. */
export interface OwnPart {
  readonly key: AbsolutePath;
  readonly offset: number;
  readonly length: number;
  /** Which field of a message it is, from 1. */
  readonly ordinal: number;
}

/**
 * Reads such references; undefined for any others.
 *
 * @param name of the file, for errors.
 * @throws {LsioError} `format` for what is no reference, and for a file outside of the directory.
 */
export function ownReferences(name: string, json: JsonObject, options: ReferenceOptions): OwnReferences | undefined {
  const { entries, templates } = parseReferences(name, json);
  const mark = markOf(entries['.zattrs']);
  if (mark === undefined) return undefined;
  const keyOf = (where: string, file: string) => targetKey(where, file, options.directory, options.root);
  const files = new Set<AbsolutePath>();
  for (const file of mark.files) files.add(keyOf(name, file));
  const parts: OwnPart[] = [];
  const arrays = new Set<string>();
  for (const [key, entry] of Object.entries(entries)) {
    if (key.endsWith('/.zarray')) arrays.add(key.slice(0, -'/.zarray'.length));
    if (!Array.isArray(entry)) continue;
    const where = `${name}: ${key}`;
    const reference = parseReference(where, entry, templates);
    if ('bytes' in reference || reference.offset === undefined || reference.length === undefined) continue;
    const target = keyOf(where, reference.file);
    files.add(target);
    parts.push({ key: target, offset: reference.offset, length: reference.length, ordinal: ordinalOf(where, key) });
  }
  return { format: mark.format, files: [...files], parts, arrays };
}

function ordinalOf(where: string, key: string): number {
  if (!key.startsWith(OWN)) return 1;
  const ordinal = Number(/\.([1-9]\d{0,8})$/.exec(key)?.[1]);
  if (ordinal >= 1) return ordinal;
  throw new LsioError('format', `${where}: does not say which field it is`);
}

function markOf(attributes: JsonValue | undefined): { format: string; files: readonly string[] } | undefined {
  if (typeof attributes !== 'string' && !isJsonObject(attributes)) return undefined;
  let json: JsonValue;
  try {
    json = typeof attributes === 'string' ? (JSON.parse(attributes) as JsonValue) : attributes;
  } catch {
    return undefined;
  }
  const mark = isJsonObject(json) ? json[MARK] : undefined;
  if (!isJsonObject(mark) || typeof mark.format !== 'string' || !Array.isArray(mark.files)) return undefined;
  return { format: mark.format, files: mark.files.filter((file) => typeof file === 'string') };
}
