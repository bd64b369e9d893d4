import { once } from 'node:events';
import { type Stats, statSync } from 'node:fs';
import { type Pack, pack } from 'tar-stream';
import { LsioError } from '../errors.js';
import { factsOfStats } from '../native/file-facts.js';
import { pathOf, textOf } from '../paths/byte-text.js';
import { type ByteRange, resolveRange } from '../range.js';
import type { ReadValue } from '../read/item.js';
import type { Input } from './input.js';
import type { OutputNames } from './output-names.js';
import type { StdoutWriter } from './stdout-writer.js';

const FILE_MODE = 0o644;
/** Without the type: a FIFO or a device that was read is a file in the archive. */
const PERMISSIONS = 0o7777;
/** What a header has room for, in seconds; later times go to the extended header. */
const MTIME_MAX = 2 ** 31 - 1;

/** What tar-stream wants to know of a file; `pax` is what its extended header holds besides a long name. */
interface Header {
  name: string;
  readonly type: 'file';
  readonly mode: number;
  readonly mtime: Date;
  pax?: Readonly<Record<string, string>>;
}

/** A file longer than one part, of which parts were written. */
interface Begun {
  readonly entry: ReturnType<Pack['entry']>;
  readonly size: number;
  written: number;
  /** What makes it whole, until it is known that nothing follows. */
  held?: Buffer;
}

/**
 * Writes a tar archive: pax headers for names that are long or not ASCII, with their exact bytes even where they are not
 * UTF-8 (GNU tar, bsdtar and Python restore those); owner and group 0. A part of a file is `NAME#bytes=0-99`.
 */
export class TarArchive {
  readonly #pack = pack();
  readonly #writer: StdoutWriter;
  readonly #names: OutputNames;
  readonly #drained: Promise<void>;
  readonly #now = new Date();
  #begun: Begun | undefined;
  /** The name in the next extended header: what tar-stream writes in its place, and its bytes. */
  readonly #exactNames: { readonly standIn: string; readonly bytes: Buffer }[] = [];

  constructor(writer: StdoutWriter, names: OutputNames) {
    this.#writer = writer;
    this.#names = names;
    this.#drained = this.#drain();
    // The next write reports it.
    this.#drained.catch(() => {});
  }

  /**
   * Takes a whole item, or the next part of a long one.
   *
   * @throws {LsioError} `output`; `changed` when a long file isn't as long as it was when it began: the archive ends within
   * it then.
   */
  async write(part: ReadValue<Input>): Promise<void> {
    try {
      // The bytes are lent, and tar-stream keeps them until stdout has taken them.
      if (this.#begun === undefined && part.last) await this.#whole(part.request, Buffer.from(part.bytes));
      else await this.#part(part);
    } catch (error) {
      // When stdout fails, tar-stream has only that it was destroyed to say.
      if (this.#pack.destroying) await this.#drained;
      throw error;
    }
  }

  async end(): Promise<void> {
    if (this.#begun !== undefined) return this.#endWithin();
    this.#pack.finalize();
    await this.#drained;
    await this.#writer.end();
  }

  #whole(request: Input, bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const header = this.#header(request, statsOf(request));
      this.#pack.entry(header, bytes, (error) => (error ? reject(error) : resolve())).on('error', reject);
    });
  }

  async #part({ request, bytes, last }: ReadValue<Input>): Promise<void> {
    this.#begun ??= this.#begin(request);
    const begun = this.#begun;
    begun.written += bytes.length;
    const { written, size } = begun;
    if (written > size || (last && written < size)) {
      await this.#endWithin();
      throw endsWithin(textOf(request.name), size);
    }
    await this.#feed(begun, begun.held);
    if (written === size && !last) begun.held = Buffer.from(bytes);
    else await this.#feed(begun, Buffer.from(bytes));
    if (!last) return;
    this.#begun = undefined;
    begun.entry.end(null);
  }

  #begin(request: Input): Begun {
    const stats = statsOf(request);
    const size = stats === undefined ? 0 : sizeOf(request.range, factsOfStats(stats).sizeBytes);
    const entry = this.#pack.entry({ ...this.#header(request, stats), size });
    // Its consequences are told by what waits for it.
    entry.on('error', () => {});
    return { entry, size, written: 0 };
  }

  async #feed({ entry }: Begun, bytes: Buffer | undefined): Promise<void> {
    if (bytes === undefined || bytes.length === 0 || entry.write(bytes)) return;
    // When stdout fails, the entry never says so.
    await Promise.race([once(entry, 'drain'), this.#drained]);
  }

  /** Writes an incomplete member, so that the reader of the archive notices. */
  async #endWithin(): Promise<void> {
    this.#pack.push(null);
    await this.#drained;
    await this.#writer.end();
  }

  #header(request: Input, stats: Stats | undefined): Header {
    const exact = this.#names.of(request);
    const whole = request.range === undefined ? stats : undefined;
    const seconds = Math.floor((whole?.mtimeMs ?? this.#now.getTime()) / 1000);
    const mtime = Math.min(Math.max(seconds, 0), MTIME_MAX);
    const mode = whole === undefined ? FILE_MODE : whole.mode & PERMISSIONS;
    const header: Header = { name: textOf(exact), type: 'file', mode, mtime: new Date(mtime * 1000) };
    if (mtime !== seconds) header.pax = { mtime: String(seconds) };
    const bytes = Buffer.from(exact, 'latin1');
    if (Buffer.from(header.name).equals(bytes)) return header;
    const standIn = exact.replace(/[^\0-\x7f]/g, '?');
    this.#exactNames.push({ standIn, bytes });
    header.name = standIn;
    header.pax ??= {};
    return header;
  }

  async #drain(): Promise<void> {
    for await (const chunk of this.#pack as AsyncIterable<Buffer>) {
      this.#restoreName(chunk);
      await this.#writer.write(chunk);
    }
  }

  /** tar-stream takes names as text only, and an extended header with one is a chunk of its own. */
  #restoreName(chunk: Buffer): void {
    const [exactName] = this.#exactNames;
    if (exactName === undefined) return;
    const { standIn, bytes } = exactName;
    const field = /^\d+ path=/.exec(chunk.toString('latin1'))?.[0];
    if (field === undefined || !chunk.subarray(field.length).toString('latin1').startsWith(`${standIn}\n`)) return;
    bytes.copy(chunk, field.length);
    this.#exactNames.shift();
  }
}

/** A FIFO, and a file of procfs, states 0 bytes, whatever comes. */
function endsWithin(name: string, statedBytes: number): LsioError {
  if (statedBytes > 0) {
    return new LsioError('changed', `${name}: changed while it was read: the archive ends within it`, { path: name });
  }
  const why = 'its length is not known beforehand, and an archive states it first: the archive ends within it';
  return new LsioError('output', `${name}: ${why}`, { path: name, remedy: '-o instead of --tar' });
}

function statsOf({ name }: Input): Stats | undefined {
  try {
    return statSync(pathOf(name), { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** How much of a file of this size the range is; 0, which nothing that was read can be, when it begins past the end. */
function sizeOf(range: ByteRange | undefined, size: number): number {
  if (range === undefined) return size;
  try {
    return resolveRange(range, size).length;
  } catch {
    return 0;
  }
}
