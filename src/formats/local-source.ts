import { pathToFileURL } from 'node:url';
import { listChildren } from '../store/local/children.js';
import type { ByteSource, ByteStore } from './chunked-array.js';
import type { PlaceStore } from './place-store.js';

/**
 * The files below a directory.
 *
 * @param root absolute, without a slash at the end.
 * @param name of it, for people.
 */
export function localPlaces(store: ByteStore, root: string, name: string): PlaceStore {
  const spec = { url: pathToFileURL(root === '' ? '/' : root).href };
  return { ...plainPlaces(name, [{ store, spec }]), children: (key) => listChildren(root + key) };
}

/** The values of one store, by its own keys. */
export function plainPlaces(name: string, sources: readonly ByteSource[]): PlaceStore {
  return { name, sources, isPlain: true, locate: (key) => Promise.resolve({ source: 0, key }) };
}
