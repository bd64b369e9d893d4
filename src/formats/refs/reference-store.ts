import type { JsonObject } from '../../array/exact-json.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { Children } from '../../store/local/children.js';
import type { ByteSource, Place } from '../chunked-array.js';
import { KeyTree } from '../key-tree.js';
import type { PlaceStore } from '../place-store.js';
import { parseReference, parseReferences, type References, targetKey } from './references.js';

export interface ReferenceOptions {
  /** Of the reference file, absolute. */
  readonly directory: string;
  /** Below which files may be read: the directory, or `/`. */
  readonly root: string;
}

/**
 * The values that a reference file of kerchunk names: a Zarr store whose chunks lie in other files.
 *
 * @param source the files below `root`.
 * @throws {LsioError} `format` for a reference file that is not understood.
 */
export function openReferences(
  source: ByteSource,
  name: string,
  json: JsonObject,
  { directory, root }: ReferenceOptions,
): PlaceStore {
  return new ReferenceStore(source, name, parseReferences(name, json), { directory, root });
}

class ReferenceStore implements PlaceStore {
  readonly name: string;
  readonly sources: readonly ByteSource[];
  readonly isListed = true;
  readonly how = 'by references';
  readonly #references: References;
  readonly #options: ReferenceOptions;
  #tree: KeyTree | undefined;

  constructor(source: ByteSource, name: string, references: References, options: ReferenceOptions) {
    this.name = name;
    this.sources = [source];
    this.#references = references;
    this.#options = options;
  }

  async locate(key: AbsolutePath): Promise<Place | Uint8Array | undefined> {
    const { entries, templates } = this.#references;
    const name = key.slice(1);
    const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (entry === undefined) return undefined;
    const where = `${this.name}: ${name}`;
    const reference = parseReference(where, entry, templates);
    if ('bytes' in reference) return reference.bytes;
    const { file, offset, length } = reference;
    const { directory, root } = this.#options;
    const place = { source: 0, key: targetKey(where, file, directory, root), required: true };
    return offset === undefined || length === undefined ? place : { ...place, range: { offset, length } };
  }

  async children(key: AbsolutePath): Promise<Children | undefined> {
    if (this.#tree === undefined) {
      this.#tree = new KeyTree();
      for (const name of Object.keys(this.#references.entries)) this.#tree.add(name);
    }
    return this.#tree.children(key);
  }
}
