import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseExactJson,
  parseUncheckedJson,
} from '../../array/exact-json.js';
import { isLsioError, LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import { getValue, type PlaceStore } from '../place-store.js';
import { type ArrayMetadata, Fields, type GroupMetadata } from './metadata.js';
import { MetadataParser } from './metadata-parser.js';
import { parseV2Array, parseV2Group } from './v2-metadata.js';
import { parseV3 } from './v3-metadata.js';

/** An array or a group of a store. */
export interface ZarrNode {
  /** Its path below the store's root: `` for the root itself, `forecast/t2m`. */
  readonly path: string;
  /** An error stands for metadata that is not understood. */
  readonly metadata: ArrayMetadata | GroupMetadata | LsioError;
}

export interface ZarrHierarchy {
  readonly zarrFormat: 2 | 3;
  readonly consolidated: boolean;
  /** Parents before children, else in the order of the paths. */
  readonly nodes: readonly ZarrNode[];
}

/** A chain of links could be endless; no real store is as deep. */
const DEPTH_MAX = 32;
const V2_METADATA = /^(?:(.*)\/)?\.(zarray|zgroup|zattrs)$/;

/**
 * All groups and arrays of a Zarr store. Where there is metadata of v2 and of v3, that of v3 is taken. Nothing is listed
 * if the metadata is consolidated, and the chunks of an array never are.
 *
 * @param root where it begins in the store: `` or `/a/b`.
 * @returns undefined if there is no metadata of Zarr.
 * @throws {LsioError} `format` for root metadata that is not understood; as the store.
 */
export async function readHierarchy(
  store: PlaceStore,
  root: string,
  signal?: AbortSignal,
): Promise<ZarrHierarchy | undefined> {
  const v3 = await readJson(store, `${root}/zarr.json`, signal, parseUncheckedJson);
  if (v3 !== undefined) return readV3(store, root, v3, signal);
  const consolidated = await readJson(store, `${root}/.zmetadata`, signal);
  if (consolidated !== undefined) return consolidatedV2(displayKey(store, `${root}/.zmetadata`), consolidated);
  const node = await readV2Node(store, root, '', signal);
  if (node !== undefined && isArray(node.metadata)) return { zarrFormat: 2, consolidated: false, nodes: [node] };
  // A directory without metadata may be anything: all of a disk is not searched for stores.
  if (node === undefined && store.isListed !== true) return undefined;
  const nodes = await walk(store, root, signal);
  if (nodes.length === 0) return undefined;
  const formats = nodes.map(({ metadata }) => (metadata instanceof LsioError ? 2 : metadata.zarrFormat));
  return { zarrFormat: node === undefined && formats.includes(3) ? 3 : 2, consolidated: false, nodes };
}

export function isArray(metadata: ZarrNode['metadata']): metadata is ArrayMetadata {
  return !(metadata instanceof LsioError) && 'shape' in metadata;
}

async function readV3(store: PlaceStore, root: string, json: JsonValue, signal: AbortSignal | undefined) {
  const path = displayKey(store, `${root}/zarr.json`);
  const inline = isJsonObject(json) ? json.consolidated_metadata : undefined;
  // How deep the arrays in it are nested is checked one by one.
  const own = isJsonObject(json) && inline !== undefined ? { ...json, consolidated_metadata: null } : json;
  const metadata = new MetadataParser(parseV3).parse(path, own);
  const node: ZarrNode = { path: '', metadata };
  if (isArray(metadata)) return { zarrFormat: 3, consolidated: false, nodes: [node] } as const;
  if (isJsonObject(inline) && inline.kind === 'inline' && isJsonObject(inline.metadata)) {
    const entries = Object.entries(inline.metadata);
    const parser = new MetadataParser(parseV3);
    const nodes = entries.map(([name, one]) => nodeOf(name, () => parser.parse(`${path}: ${name}`, one)));
    return { zarrFormat: 3, consolidated: true, nodes: [node, ...sortNodes(nodes)] } as const;
  }
  return { zarrFormat: 3, consolidated: false, nodes: await walk(store, root, signal) } as const;
}

/** `.zmetadata`: the metadata files of v2 by their keys. */
function consolidatedV2(path: string, json: JsonValue): ZarrHierarchy {
  const { values } = new Fields(path, json);
  if (!isJsonObject(values.metadata)) throw new LsioError('format', `${path}: metadata: is no object`, { path });
  const metadata: JsonObject = values.metadata;
  const nodes: ZarrNode[] = [];
  for (const [key, document] of Object.entries(metadata)) {
    const [, name = '', kind] = V2_METADATA.exec(key) ?? [];
    if (kind !== 'zarray' && kind !== 'zgroup') continue;
    const attributes = metadata[name === '' ? '.zattrs' : `${name}/.zattrs`];
    nodes.push(nodeOf(name, () => parseV2(`${path}: ${key}`, kind, document, attributes)));
  }
  return { zarrFormat: 2, consolidated: true, nodes: sortNodes(nodes) };
}

function parseV2(path: string, kind: 'zarray' | 'zgroup', json: JsonValue | undefined, attributes?: JsonValue) {
  const own = attributes === undefined ? {} : new Fields(path.replace(/\.z\w+$/, '.zattrs'), attributes).values;
  return kind === 'zarray' ? parseV2Array(path, json, own) : parseV2Group(path, json, own);
}

/** What stands at one path; undefined if nothing does. */
async function readV2Node(store: PlaceStore, root: string, path: string, signal: AbortSignal | undefined) {
  const place = path === '' ? root : `${root}/${path}`;
  const [array, group, attributes] = await Promise.all(
    ['.zarray', '.zgroup', '.zattrs'].map((name) => readJson(store, `${place}/${name}`, signal)),
  );
  const kind = array !== undefined ? 'zarray' : group !== undefined ? 'zgroup' : undefined;
  if (kind === undefined) return undefined;
  return nodeOf(path, () => parseV2(displayKey(store, `${place}/.${kind}`), kind, array ?? group, attributes));
}

/** Lists groups, level by level; arrays are ends. */
async function walk(store: PlaceStore, root: string, signal: AbortSignal | undefined): Promise<ZarrNode[]> {
  if (store.children === undefined) return [];
  const nodes: ZarrNode[] = [];
  const seen = new Set<string>();
  let level = [''];
  for (let depth = 0; level.length > 0 && depth < DEPTH_MAX; depth++) {
    const next: string[] = [];
    for (const path of level) {
      signal?.throwIfAborted();
      const place = path === '' ? root : `${root}/${path}`;
      const children = await store.children((place || '/') as AbsolutePath, { signal });
      // A link may lead to where we were.
      if (children === undefined || seen.has(children.id)) continue;
      seen.add(children.id);
      const node = await readNode(store, root, path, children.names, signal);
      if (node !== undefined) nodes.push(node);
      if (node !== undefined && isArray(node.metadata)) continue;
      for (const name of children.names) {
        if (name.endsWith('/')) next.push(path === '' ? name.slice(0, -1) : `${path}/${name.slice(0, -1)}`);
      }
    }
    level = next;
  }
  return sortNodes(nodes);
}

async function readNode(
  store: PlaceStore,
  root: string,
  path: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ZarrNode | undefined> {
  try {
    if (names.includes('zarr.json')) {
      const key = `${path === '' ? root : `${root}/${path}`}/zarr.json`;
      const json = await readJson(store, key, signal);
      if (json !== undefined) return nodeOf(path, () => parseV3(displayKey(store, key), json));
    }
    const isV2 = names.includes('.zarray') || names.includes('.zgroup');
    return isV2 ? await readV2Node(store, root, path, signal) : undefined;
  } catch (error) {
    if (!isLsioError(error, 'format')) throw error;
    return { path, metadata: error };
  }
}

function nodeOf(path: string, parse: () => ArrayMetadata | GroupMetadata): ZarrNode {
  try {
    return { path, metadata: parse() };
  } catch (error) {
    if (!isLsioError(error, 'format')) throw error;
    return { path, metadata: error };
  }
}

/** @throws {LsioError} `format` for what is not JSON. */
async function readJson(store: PlaceStore, key: string, signal: AbortSignal | undefined, parse = parseExactJson) {
  const bytes = await getValue(store, key as AbsolutePath, { signal });
  if (bytes === undefined) return undefined;
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const path = displayKey(store, key);
    throw new LsioError('format', `${path}: is not JSON: ${(cause as Error).message}`, { path, cause });
  }
}

export function displayKey(store: PlaceStore, key: string): string {
  return store.name + key;
}

function sortNodes(nodes: readonly ZarrNode[]): ZarrNode[] {
  return [...nodes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
