import { isJsonObject, isShallow, type JsonValue, TOO_DEEP } from '../../array/exact-json.js';
import { LsioError } from '../../errors.js';
import { type ArrayMetadata, Fields, type GroupMetadata } from './metadata.js';

type Metadata = ArrayMetadata | GroupMetadata;

/**
 * Understands the metadata of the arrays of one store. Most of them differ in their attributes only: what is equal is
 * understood once, and shared. How deep it is nested is checked here.
 */
export class MetadataParser {
  readonly #parse: (path: string, json: JsonValue | undefined) => Metadata;
  readonly #known = new Map<string, ArrayMetadata>();

  constructor(parse: (path: string, json: JsonValue | undefined) => Metadata) {
    this.#parse = parse;
  }

  /** @throws {LsioError} `format` as the parser that is given. */
  parse(path: string, json: JsonValue | undefined): Metadata {
    const key = keyOf(json);
    const known = key === undefined ? undefined : this.#known.get(key);
    const attributes = known && new Fields(path, json).object('attributes');
    if (!isShallow(attributes ?? json)) throw new LsioError('format', `${path}: ${TOO_DEEP}`, { path });
    if (known !== undefined) return { ...known, attributes: attributes! };
    const metadata = this.#parse(path, json);
    // Problems may name the path.
    if (key !== undefined && 'shape' in metadata && metadata.problems.length === 0) this.#known.set(key, metadata);
    return metadata;
  }
}

/** Equal for what is equal but for the attributes; undefined where JSON would not tell values apart. */
function keyOf(json: JsonValue | undefined): string | undefined {
  if (!isJsonObject(json)) return undefined;
  const { attributes: _, ...rest } = json;
  try {
    const key = JSON.stringify(rest);
    // NaN and infinities become null.
    return key.includes('null') ? undefined : key;
  } catch {
    // There is a bigint.
    return undefined;
  }
}
