import { type ChecksumAlgorithm, createDigest, type Digest } from '../../output/checksum.js';
import type { Input } from '../../output/input.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import type { ByteText } from '../../paths/byte-text.js';
import type { GotItem } from './document.js';

/** The digests of items, one after the other, and their lines on stdout where there is no document. */
export class Digests {
  readonly #algorithm: ChecksumAlgorithm;
  readonly #writer: StdoutWriter | undefined;
  #digest: Digest;

  /** @param signal Ends the wait for who reads the lines; absent: nothing is printed. */
  constructor(algorithm: ChecksumAlgorithm, signal: AbortSignal | undefined) {
    this.#algorithm = algorithm;
    this.#digest = createDigest(algorithm);
    if (signal !== undefined) this.#writer = new StdoutWriter(signal);
  }

  update(bytes: Uint8Array): void {
    this.#digest.update(bytes);
  }

  /** Ends an item: `sha256:…` of its bytes. */
  take(): string {
    const hex = this.#digest.hex();
    this.#digest = createDigest(this.#algorithm);
    return `${this.#algorithm}:${hex}`;
  }

  /** Prints the line of an item as `sha256sum` does, which reads it with `-c` where the item is a whole file. */
  print({ name, range }: Input, { offset, bytes }: GotItem, digest = ''): Promise<void> | undefined {
    const hex = digest.slice(digest.indexOf(':') + 1);
    const part = range === undefined || bytes === 0 ? '' : `#bytes=${offset}-${offset + bytes - 1}`;
    return this.#writer?.write(Buffer.from(`${checkLine(hex, name + part)}\n`, 'latin1'));
  }

  async end(): Promise<void> {
    await this.#writer?.end();
  }
}

/** A name that would break the line is escaped, and a backslash before the line says so. */
function checkLine(hex: string, name: ByteText): ByteText {
  if (!/[\\\n\r]/.test(name)) return `${hex}  ${name}`;
  return `\\${hex}  ${name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}`;
}
