import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exactJsonText, isJsonObject, type JsonObject, type JsonValue, shownJson } from '../../array/exact-json.js';
import { bytesOf } from '../../array/scalar.js';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';

/** What a reference stands for: bytes that it holds, or all or a part of a file. */
export type Reference =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly offset?: number; readonly length?: number };

export interface References {
  /** By name, such as `t2m/0.0`: not yet understood, as there may be millions. */
  readonly entries: JsonObject;
  readonly templates: Readonly<Record<string, string>>;
}

const TEMPLATE = /\{\{\s*([^{}]*?)\s*\}\}/g;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;

/** Whether JSON is a reference file of kerchunk: of version 1, or 0, which is the entries alone. */
export function isReferences(json: JsonValue): json is JsonObject {
  if (!isJsonObject(json)) return false;
  if (isJsonObject(json.refs)) return true;
  return ['.zgroup', '.zarray', '.zmetadata', 'zarr.json'].some((name) => Object.hasOwn(json, name));
}

/**
 * The entries of a reference file.
 *
 * @param name of the file, for errors.
 * @throws {LsioError} `format` for what only kerchunk itself can expand.
 * @see https://fsspec.github.io/kerchunk/spec.html
 */
export function parseReferences(name: string, json: JsonObject): References {
  if (!isJsonObject(json.refs)) return { entries: json, templates: {} };
  const fail = (what: string) => new LsioError('format', `${name}: ${what}`, { path: name });
  if (json.version !== undefined && json.version !== 1)
    throw fail(`version ${String(json.version)} is not known, only 0 and 1`);
  if (Array.isArray(json.gen) && json.gen.length > 0) {
    throw fail('"gen" is not supported: let kerchunk expand it (fsspec.implementations.reference)');
  }
  const templates: Record<string, string> = {};
  for (const [key, text] of Object.entries(isJsonObject(json.templates) ? json.templates : {})) {
    if (typeof text !== 'string' || text.includes('{{'))
      throw fail(`template ${JSON.stringify(key)} is not plain text`);
    templates[key] = text;
  }
  return { entries: json.refs, templates };
}

/**
 * Understands one entry.
 *
 * @param where names it in errors.
 * @throws {LsioError} `format` for what is no reference.
 */
export function parseReference(where: string, entry: JsonValue, templates: References['templates']): Reference {
  const fail = (what: string) => new LsioError('format', `${where}: ${what}`, { path: where });
  if (typeof entry === 'string') {
    if (!entry.startsWith('base64:')) return { bytes: Buffer.from(entry) };
    const bytes = bytesOf(entry.slice('base64:'.length));
    if (bytes === undefined) throw fail('is not base64');
    return { bytes };
  }
  if (isJsonObject(entry)) return { bytes: Buffer.from(exactJsonText(entry)) };
  const [url, offset, length, ...rest] = Array.isArray(entry) ? entry : [];
  const isPart = isWhole(offset) && isWhole(length);
  if (typeof url !== 'string' || rest.length > 0 || !(isPart || (offset === undefined && length === undefined))) {
    throw fail(`${shownJson(entry)} is no reference: [url], [url, offset, length], text or an object`);
  }
  const file = url.replace(TEMPLATE, (whole, key: string) => {
    if (!Object.hasOwn(templates, key)) throw fail(`the template ${whole} is not known`);
    return templates[key]!;
  });
  return isPart ? { file, offset: offset as number, length: length as number } : { file };
}

/**
 * The key of a file that is referred to.
 *
 * @param directory of the reference file, absolute: relative names begin there.
 * @param root below which files may be read: the directory, or `/`.
 * @throws {LsioError} `format` for a file outside, and for another scheme than `file:`.
 */
export function targetKey(where: string, file: string, directory: string, root: string): AbsolutePath {
  const fail = (what: string, remedy?: string) => new LsioError('format', `${where}: ${what}`, { path: where, remedy });
  const scheme = SCHEME.exec(file)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'file')
    throw fail(`refers to ${scheme}:, a local file may refer to local files only`);
  if (file.includes('\0')) throw fail('refers to a name with a NUL');
  let target: string;
  try {
    target = scheme === 'file' ? fileURLToPath(file) : path.resolve(directory, file);
  } catch {
    throw fail(`refers to ${JSON.stringify(file)}, which is no local file`);
  }
  const base = root === '/' ? '' : root;
  if (target.startsWith(`${base}/`) && target.length > base.length + 1)
    return target.slice(base.length) as AbsolutePath;
  throw fail(`refers to ${JSON.stringify(file)}, outside of ${root}`, '--allow-outside');
}

function isWhole(value: JsonValue | undefined): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
