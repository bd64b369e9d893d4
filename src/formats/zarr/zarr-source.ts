import { scalarValue } from '../../array/elements.js';
import type { JsonObject } from '../../array/exact-json.js';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { PlaceStore } from '../place-store.js';
import type { ListedArray, ListedGroup } from '../source.js';
import { chainProblem } from './decoder.js';
import { isArray, readHierarchy, type ZarrHierarchy, type ZarrNode } from './hierarchy.js';
import type { ArrayMetadata } from './metadata.js';
import { type Layout, layoutOf } from './shard-layout.js';
import { headOf, ZarrArray, type ZarrArrayOptions } from './zarr-array.js';

/** What a Zarr store holds. */
export interface ZarrContents {
  readonly format: string;
  readonly attributes: JsonObject;
  readonly groups: readonly ListedGroup[];
  readonly arrays: readonly ListedArray[];
}

/**
 * Lists a Zarr store, and opens its arrays: nothing of their data is read.
 *
 * @param root where it begins in the store: `` or `/a/b`.
 * @returns undefined if there is no metadata of Zarr.
 * @throws {LsioError} `format` for root metadata that is not understood; as the store.
 */
export async function openZarr(
  store: PlaceStore,
  root: string,
  options: ZarrArrayOptions,
  signal?: AbortSignal,
): Promise<ZarrContents | undefined> {
  const hierarchy = await readHierarchy(store, root, signal);
  if (hierarchy === undefined) return undefined;
  const groups: ListedGroup[] = [];
  const arrays: ListedArray[] = [];
  const layouts: KnownLayouts = new Map();
  for (const node of hierarchy.nodes) {
    const { path, metadata } = node;
    if (metadata instanceof LsioError) arrays.push(unknownArray(path, metadata));
    else if (isArray(metadata)) arrays.push(listArray({ store, root, options, layouts }, node, metadata));
    else groups.push({ name: path, attributes: metadata.attributes });
  }
  await stampArrays(store, root, hierarchy, arrays);
  const own = hierarchy.nodes.find(({ path }) => path === '')?.metadata;
  const attributes = own === undefined || own instanceof LsioError ? {} : own.attributes;
  const consolidated = hierarchy.consolidated ? ', consolidated' : '';
  return { format: `zarr v${hierarchy.zarrFormat}${consolidated}`, attributes, groups, arrays };
}

/** Notes the version of the metadata of arrays that lie in files of this machine: others cost a request each. */
async function stampArrays(
  store: PlaceStore,
  root: string,
  { zarrFormat, consolidated }: ZarrHierarchy,
  arrays: readonly ListedArray[],
): Promise<void> {
  if (store.isPlain !== true || !store.sources[0]?.spec?.url.startsWith('file:')) return;
  const file = consolidated && zarrFormat === 2 ? '.zmetadata' : zarrFormat === 2 ? '.zarray' : 'zarr.json';
  const stamps = new Map<string, Promise<string | undefined>>();
  for (const { name, array } of arrays) {
    if (!(array instanceof ZarrArray)) continue;
    const key = `${consolidated || name === '' ? root : `${root}/${name}`}/${file}` as AbsolutePath;
    if (!stamps.has(key)) stamps.set(key, headOf(store, key));
    const etag = await stamps.get(key);
    if (etag !== undefined) array.stamp = { key, etag };
  }
}

function unknownArray(name: string, { message }: LsioError): ListedArray {
  const nothing = { dtype: null, shape: null, dims: null, chunkShape: null, codecs: [], fillValue: null };
  return { name, ...nothing, attributes: {}, reason: message };
}

/** By the codecs of metadata that arrays share, with what depends on nothing else. */
type KnownLayouts = Map<ArrayMetadata['codecs'], Pick<ListedArray, 'fillValue'> & { readonly layout: Layout }>;

interface Listing {
  readonly store: PlaceStore;
  readonly root: string;
  readonly options: ZarrArrayOptions;
  readonly layouts: KnownLayouts;
}

function listArray(
  { store, root, options, layouts }: Listing,
  { path }: ZarrNode,
  metadata: ArrayMetadata,
): ListedArray {
  const problems = [...metadata.problems];
  const known = layouts.get(metadata.codecs);
  const layout =
    known?.layout ?? understoodLayout(store.name + (path === '' ? root : `${root}/${path}`), metadata, problems);
  const { shape, dims, dtype, dtypeText, fill, codecs, attributes, fillJson } = metadata;
  const listed = {
    name: path,
    dtype: dtypeText,
    shape,
    dims,
    chunkShape: layout?.chunkShape ?? metadata.chunkShape,
    ...(layout === undefined || layout.levels.length === 0 ? {} : { shardShape: metadata.chunkShape }),
    codecs,
    fillValue:
      known?.fillValue ??
      (dtype === undefined || fill === undefined || fillJson === null ? fillJson : fillValueOf(dtype, fill)),
    attributes,
  };
  if (layout === undefined || problems.length > 0) return { ...listed, reason: problems.join('; ') };
  if (known === undefined) layouts.set(codecs, { layout, fillValue: listed.fillValue });
  const prefix = path === '' ? root : `${root}/${path}`;
  return { ...listed, array: new ZarrArray(store, prefix, { name: path, metadata, layout }, options) };
}

/** Undefined where a shard's metadata is not understood: `problems` then says why. */
function understoodLayout(path: string, metadata: ArrayMetadata, problems: string[]): Layout | undefined {
  try {
    const layout = layoutOf(path, metadata.chunkShape, metadata.codecs, problems);
    const problem =
      metadata.dtype && problems.length === 0
        ? chainProblem(layout.codecs, metadata.dtype, layout.chunkShape)
        : undefined;
    if (problem !== undefined) problems.push(problem);
    return layout;
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

function fillValueOf(dtype: NonNullable<ArrayMetadata['dtype']>, fill: NonNullable<ArrayMetadata['fill']>) {
  return scalarValue(dtype, fill) as ListedArray['fillValue'];
}
