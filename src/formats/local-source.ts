import { pathToFileURL } from 'node:url';
import type { AbsolutePath } from '../store/keys.js';
import { listChildren } from '../store/local/children.js';
import type { ByteSource, ByteStore } from './chunked-array.js';
import type { PlaceStore } from './place-store.js';

/** A store of the files below a directory, as a source. @param root absolute */
export function localSource(store: ByteStore, root: string): ByteSource {
  return { store, spec: { url: pathToFileURL(root).href } };
}

/** The key of a file below a directory; both are absolute. */
export function keyBelow(root: string, file: string): AbsolutePath {
  return file.slice(baseOf(root).length) as AbsolutePath;
}

/**
 * The files below a directory.
 *
 * @param root absolute.
 * @param name of it, for people.
 */
export function localPlaces(store: ByteStore, root: string, name: string): PlaceStore {
  const children = (key: AbsolutePath) => listChildren(baseOf(root) + key);
  return { ...plainPlaces(name, [localSource(store, root)]), children };
}

/** What stands before keys: they begin with a slash. */
function baseOf(root: string): string {
  return root === '/' ? '' : root;
}

/** The values of one store, by its own keys. */
export function plainPlaces(name: string, sources: readonly ByteSource[]): PlaceStore {
  return { name, sources, isPlain: true, locate: (key) => Promise.resolve({ source: 0, key }) };
}
