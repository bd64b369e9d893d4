import type { Store } from '../store/store.js';
import { KeyTree } from './key-tree.js';
import type { PlaceStore } from './place-store.js';

/**
 * The values of a store of any kind.
 *
 * @param name of it, for people.
 */
export function storePlaces(store: Store, name: string): PlaceStore {
  return {
    name,
    // No other thread could open such a store: it is read on this one.
    sources: [{ store, spec: undefined }],
    locate: (key) => Promise.resolve({ source: 0, key }),
    async children(key, options) {
      const tree = new KeyTree();
      for await (const entry of store.list(key.endsWith('/') ? key : `${key}/`, options)) {
        tree.add(entry.key.replace(/^\//, ''));
      }
      return tree.children(key);
    },
  };
}
