import { crc32, inflateRawSync } from 'node:zlib';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { Children } from '../../store/local/children.js';
import type { ByteSource, Place } from '../chunked-array.js';
import { KeyTree } from '../key-tree.js';
import type { PlaceStore } from '../place-store.js';

/** An entry of a zip file, as its directory says. */
interface ZipEntry {
  readonly name: string;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly storedBytes: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly headerOffset: number;
}

/** End of central directory, with the longest comment that may follow it. */
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** Of a directory: it is held in memory. About 10^7 entries. */
const DIRECTORY_BYTES_MAX = 2 ** 30;
/** Of one deflated entry, unpacked. */
const UNPACKED_BYTES_MAX = 2 ** 30;
const UNKNOWN_32 = 0xffffffff;
const UNKNOWN_16 = 0xffff;

/**
 * Opens the entries of a zip file as values by key. Its directory is read once; stored entries are read as ranges of the
 * file, deflated ones are unpacked. Of two entries of one name the last is meant. Names that are no keys, such as `../x`,
 * can't be asked for.
 *
 * @throws {LsioError} `format` for a damaged directory.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function openZip(source: ByteSource, file: AbsolutePath, name: string): Promise<PlaceStore> {
  const zip = new ZipFile(source, file, name);
  await zip.open();
  return zip;
}

class ZipFile implements PlaceStore {
  readonly name: string;
  readonly sources: readonly ByteSource[];
  readonly isListed = true;
  readonly how = 'in a zip file';
  readonly #file: AbsolutePath;
  readonly #entries = new Map<string, ZipEntry>();
  readonly #tree = new KeyTree();
  /** Where the data of stored entries begins: their local headers have lengths of their own. */
  readonly #dataOffsets = new Map<string, number>();
  #fileBytes = 0;

  constructor(source: ByteSource, file: AbsolutePath, name: string) {
    this.name = name;
    this.sources = [source];
    this.#file = file;
  }

  async open(): Promise<void> {
    const { store } = this.sources[0]!;
    const info = await store.head(this.#file);
    if (info === undefined)
      throw new LsioError('read', `${this.name}: no such file`, { code: 'ENOENT', path: this.name });
    this.#fileBytes = info.size;
    const tailBytes = Math.min(info.size, END_BYTES + COMMENT_BYTES_MAX + LOCATOR_BYTES + END64_BYTES);
    const tail = await this.#read(info.size - tailBytes, tailBytes);
    const { offset, length, count } = await this.#directory(tail);
    for (const entry of parseDirectory(await this.#read(offset, length), count, (what) => this.#error(what))) {
      this.#add(entry);
    }
  }

  async locate(key: AbsolutePath): Promise<Place | Uint8Array | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.isEncrypted) throw this.#error(`${entry.name} is encrypted`);
    const offset = this.#dataOffsets.get(key) ?? (await this.#dataOffset(entry));
    this.#dataOffsets.set(key, offset);
    if (entry.method === 0 && entry.bytes !== entry.storedBytes) throw this.#error(`${entry.name} has two sizes`);
    if (entry.method === 0) {
      return { source: 0, key: this.#file, range: { offset, length: entry.bytes }, required: true };
    }
    if (entry.method !== 8)
      throw this.#error(`${entry.name} is packed by method ${entry.method}, not stored or deflated`);
    return this.#inflate(entry, offset);
  }

  async children(key: AbsolutePath): Promise<Children | undefined> {
    return this.#tree.children(key);
  }

  async #directory(tail: Uint8Array): Promise<{ offset: number; length: number; count: number }> {
    const view = viewOf(tail);
    let at = tail.length - END_BYTES;
    while (
      at >= 0 &&
      !(view.getUint32(at, true) === 0x06054b50 && at + END_BYTES + view.getUint16(at + 20, true) <= tail.length)
    )
      at--;
    if (at < 0) throw this.#error('no end of a zip directory found: truncated, or no zip file');
    let count = view.getUint16(at + 10, true);
    let length = view.getUint32(at + 12, true);
    let offset = view.getUint32(at + 16, true);
    const locator = at - LOCATOR_BYTES;
    const is64 = count === UNKNOWN_16 || length === UNKNOWN_32 || offset === UNKNOWN_32;
    if (is64 && locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
      const end = viewOf(await this.#read(this.#whole(view, locator + 8), END64_BYTES));
      if (end.getUint32(0, true) !== 0x06064b50) throw this.#error('its zip64 directory is not where it should be');
      count = this.#whole(end, 32);
      length = this.#whole(end, 40);
      offset = this.#whole(end, 48);
    }
    if (length > DIRECTORY_BYTES_MAX) throw this.#error(`a directory of ${length} bytes is too large`);
    return { offset, length, count };
  }

  #add(entry: ZipEntry): void {
    const key = this.#tree.add(entry.name);
    if (key !== undefined) this.#entries.set(key, entry);
  }

  async #dataOffset({ name, headerOffset, storedBytes }: ZipEntry): Promise<number> {
    const header = viewOf(await this.#read(headerOffset, LOCAL_BYTES));
    if (header.getUint32(0, true) !== 0x04034b50) throw this.#error(`${name} is not where the directory says`);
    const offset = headerOffset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (offset + storedBytes <= this.#fileBytes) return offset;
    throw this.#error(`${name} ends at byte ${offset + storedBytes} of ${this.#fileBytes}`);
  }

  async #inflate({ name, storedBytes, bytes, crc }: ZipEntry, offset: number): Promise<Uint8Array> {
    if (bytes > UNPACKED_BYTES_MAX) throw this.#error(`${name} unpacks to ${bytes} bytes, more than 1 GiB`);
    const packed = await this.#read(offset, storedBytes);
    let data: Uint8Array;
    try {
      data = inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
    } catch (cause) {
      throw this.#error(`${name} can't be unpacked: ${(cause as Error).message}`);
    }
    if (data.length !== bytes) throw this.#error(`${name}: found ${data.length} bytes, expected ${bytes}`);
    if (crc32(data) !== crc) throw this.#error(`${name}: its checksum is wrong`);
    return data;
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || offset + length > this.#fileBytes) {
      throw this.#error(`bytes ${offset} to ${offset + length} lie past its end (${this.#fileBytes} bytes)`);
    }
    if (length === 0) return new Uint8Array(0);
    const bytes = await this.sources[0]!.store.getRange(this.#file, { offset, length });
    if (bytes?.length === length) return bytes;
    throw new LsioError('changed', `${this.name}: changed while it was read`, { path: this.name });
  }

  #whole(view: DataView, at: number): number {
    const value = view.getBigUint64(at, true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.#error(`its directory has the number ${value}`);
  }

  #error(what: string): LsioError {
    return new LsioError('format', `${this.name}: ${what}`, { path: this.name });
  }
}

function* parseDirectory(bytes: Uint8Array, count: number, error: (what: string) => LsioError): Generator<ZipEntry> {
  const view = viewOf(bytes);
  const utf8 = new TextDecoder();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw error(`entry ${i} of ${count} is missing from its directory`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const extraAt = at + CENTRAL_BYTES + nameBytes;
    const next = extraAt + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw error(`entry ${i} of ${count} leads out of its directory`);
    const sizes = {
      bytes: view.getUint32(at + 24, true),
      storedBytes: view.getUint32(at + 20, true),
      headerOffset: view.getUint32(at + 42, true),
    };
    yield {
      name: utf8.decode(bytes.subarray(at + CENTRAL_BYTES, extraAt)),
      method: view.getUint16(at + 10, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) === 1,
      crc: view.getUint32(at + 16, true),
      ...wideSizes(new DataView(bytes.buffer, bytes.byteOffset + extraAt, extraBytes), sizes, error),
    };
    at = next;
  }
}

type Sizes = Pick<ZipEntry, 'bytes' | 'storedBytes' | 'headerOffset'>;

/** Zip64: what doesn't fit in 32 bits stands in an extra field, in this order. */
function wideSizes(extra: DataView, sizes: Sizes, error: (what: string) => LsioError): Sizes {
  const names = (['bytes', 'storedBytes', 'headerOffset'] as const).filter((name) => sizes[name] === UNKNOWN_32);
  if (names.length === 0) return sizes;
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    if (at + 4 + names.length * 8 > extra.byteLength) break;
    const wide = names.map((name, i) => [name, Number(extra.getBigUint64(at + 4 + i * 8, true))]);
    return { ...sizes, ...Object.fromEntries(wide) };
  }
  throw error('an entry of more than 4 GiB has no zip64 sizes');
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
