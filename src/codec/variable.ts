import { count, damaged } from './codec.js';

/** An element of an array whose elements vary in length. */
export type VariableItem = string | Uint8Array | JsonItem;

/** What `json2` holds. */
export type JsonItem = string | number | boolean | null | JsonItem[] | { [key: string]: JsonItem };

/** Decodes a chunk of elements that vary in length. */
export interface ItemCodec {
  readonly name: string;
  /** @throws {LsioError} `format` for damaged data, or another number of elements. */
  decodeItems(source: Uint8Array, elements: number): VariableItem[];
}

const COUNT_BYTES = 4;

/** `vlen-utf8` of numcodecs and Zarr v3: the number of elements, then of each its length in bytes and its text. */
export const vlenUtf8: ItemCodec = {
  name: 'vlen-utf8',
  decodeItems(source, elements) {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decodeVlen('vlen-utf8', source, elements, (bytes, i) => {
      try {
        return utf8.decode(bytes);
      } catch (cause) {
        throw damaged('vlen-utf8', `element ${i} is not UTF-8`, cause);
      }
    });
  },
};

/** `vlen-bytes`: the same without a meaning. Elements are copies. */
export const vlenBytes: ItemCodec = {
  name: 'vlen-bytes',
  decodeItems: (source, elements) => decodeVlen('vlen-bytes', source, elements, (bytes) => bytes.slice()),
};

function decodeVlen<T>(
  name: string,
  source: Uint8Array,
  elements: number,
  item: (bytes: Uint8Array, index: number) => T,
): T[] {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  if (source.length < COUNT_BYTES) throw damaged(name, `found ${count(source.length)}, a header takes ${COUNT_BYTES}`);
  const stated = view.getUint32(0, true);
  if (stated !== elements) throw damaged(name, `found ${stated} elements, expected ${elements}`);
  if (COUNT_BYTES + elements * 4 > source.length) {
    throw damaged(name, `${count(source.length)} can't hold ${elements} elements`);
  }
  const items = new Array<T>(elements);
  let at = COUNT_BYTES;
  for (let i = 0; i < elements; i++) {
    const room = source.length - at - 4;
    const length = room < 0 ? 0 : view.getUint32(at, true);
    if (length > room) throw damaged(name, `element ${i} has ${count(length)}, ${Math.max(room, 0)} are left`);
    if (room < 0) throw damaged(name, `element ${i} is missing`);
    items[i] = item(source.subarray(at + 4, at + 4 + length), i);
    at += 4 + length;
  }
  if (at !== source.length) throw damaged(name, `${source.length - at} bytes follow the last element`);
  return items;
}

/** What Python writes for numbers that JSON doesn't have; texts are matched to be left alone. */
const PYTHON_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
const NUMBER_MARK = '\u0000number:';

/** `json2` of numcodecs: a JSON list of the elements, then their dtype and shape. */
export const json2: ItemCodec = {
  name: 'json2',
  decodeItems(source, elements) {
    let list: unknown;
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(source);
      list = JSON.parse(
        text.replace(PYTHON_NUMBERS, (part) => (part[0] === '"' ? part : `"\\u0000number:${part}"`)),
        (_, value) =>
          typeof value === 'string' && value.startsWith(NUMBER_MARK) ? Number(value.slice(NUMBER_MARK.length)) : value,
      );
    } catch (cause) {
      throw damaged('json2', `not JSON: ${(cause as Error).message}`, cause);
    }
    if (!Array.isArray(list) || list.length === 0) throw damaged('json2', 'not a list that ends with a dtype');
    // Its predecessor `json` left the shape out.
    if (typeof list.at(-1) === 'string') return flattenTo(list.slice(0, -1), elements);
    const shape = list.at(-1);
    if (!Array.isArray(shape)) throw damaged('json2', 'its last element is no shape');
    const found = shape.reduce((product: number, length) => product * Number(length), 1);
    const items = flatten(list.slice(0, -2), shape.length, elements);
    if (found !== elements || items.length !== elements) {
      throw damaged('json2', `found ${items.length} elements of shape [${shape.join(', ')}], expected ${elements}`);
    }
    return items;
  },
};

/** The elements of a list nested as deep as the array has dimensions. */
function flatten(list: unknown[], depth: number, elementsMax: number): JsonItem[] {
  if (depth <= 1) return list as JsonItem[];
  const items: JsonItem[] = [];
  for (const inner of list) {
    if (!Array.isArray(inner)) throw damaged('json2', 'its lists are nested less deep than its shape says');
    for (const item of flatten(inner, depth - 1, elementsMax)) items.push(item);
    if (items.length > elementsMax) throw damaged('json2', `more than ${elementsMax} elements`);
  }
  return items;
}

/** As deep as it takes to find that many elements. */
function flattenTo(list: JsonItem[], elements: number): JsonItem[] {
  if (list.length === elements) return list;
  if (list.length > elements || list.length === 0 || !list.every(Array.isArray)) {
    throw damaged('json', `found ${list.length} elements, expected ${elements}`);
  }
  return flattenTo(flatten(list, 2, elements), elements);
}
