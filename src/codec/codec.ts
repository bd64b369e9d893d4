import { LsioError } from '../errors.js';

/**
 * Undoes one step of how a chunk was encoded. Synchronous; loaded once a thread; keeps nothing of a chunk.
 *
 * `decode` fills `target` exactly: its length is what the decoded bytes must have. The source is never written to,
 * unless `source` and `target` are the same bytes, which only an {@link InPlaceCodec} is given.
 */
export interface Codec {
  readonly name: string;
  /** @throws {LsioError} `format` for damaged data, or data of another length than the target's. */
  decode(source: Uint8Array, target: Uint8Array): void;
}

/** Can decode onto itself. */
export interface InPlaceCodec extends Codec {
  readonly inPlace: true;
}

/** The decoded bytes are a part of the encoded ones: a checksum. */
export interface PartCodec extends Codec {
  /** Checks, and returns a view of `source`. */
  part(source: Uint8Array): Uint8Array;
  /** How many bytes more the encoded form has. */
  readonly extraBytes: number;
}

/** Its encoded bytes don't tell by their length how long the decoded ones are. */
export interface Compressor extends Codec {
  /** The library that does it, such as `liblz4.so.1`. */
  readonly library: string;
  readonly kind: DecoderKind;
  /**
   * Decodes all of `source` to the beginning of `target`.
   *
   * @returns the bytes written.
   * @throws {LsioError} `format` when it is damaged or longer than `target`.
   */
  decodeUpTo(source: Uint8Array, target: Uint8Array): number;
  /** The decoded length that the encoded bytes state, if they do. It is not checked. */
  statedBytes?(source: Uint8Array): number | undefined;
  /** The most bytes that it can decode to, whatever it states. */
  mostBytes?(source: Uint8Array): number | undefined;
}

/** `native`: a shared library. `wasm`: JavaScript, WebAssembly or what is built into Node. */
export type DecoderKind = 'native' | 'wasm';

/** Which decoders to use. `auto` takes the native ones that are there. */
export type DecoderChoice = 'auto' | DecoderKind;

/** A chunk that isn't what its codec says. */
export function damaged(codec: string, what: string, cause?: unknown): LsioError {
  return new LsioError('format', `${codec}: ${what}`, { cause });
}

/** Two lengths that should be one. */
export function wrongLength(codec: string, what: string, foundBytes: number, expectedBytes: number): LsioError {
  return damaged(codec, `${what}: found ${count(foundBytes)}, expected ${count(expectedBytes)}`);
}

export function checkLength(codec: string, what: string, foundBytes: number, expectedBytes: number): void {
  if (foundBytes !== expectedBytes) throw wrongLength(codec, what, foundBytes, expectedBytes);
}

/** What a library does: throws anything, or returns the bytes written, below zero for failure. */
export type Decompress = (source: Uint8Array, target: Uint8Array) => number;

export interface CompressorParts {
  readonly name: string;
  readonly library: string;
  readonly kind: DecoderKind;
  readonly decompress: Decompress;
  readonly statedBytes?: Compressor['statedBytes'] | undefined;
  readonly mostBytes?: Compressor['mostBytes'] | undefined;
}

/** A compressor whose every failure is a `format` error that says how many bytes were found and expected. */
export function compressor({ name, library, kind, decompress, statedBytes, mostBytes }: CompressorParts): Compressor {
  /** @param most `at most`, or nothing where exactly the target's length is expected. Text is made for errors only. */
  function run(source: Uint8Array, target: Uint8Array, most: string): number {
    const sizes = () => `${count(source.length)} stored, ${most}${count(target.length)} expected`;
    let written: number;
    try {
      written = decompress(source, target);
    } catch (cause) {
      if (cause instanceof LsioError && cause.kind !== 'format') throw cause;
      throw damaged(name, `${(cause as Error).message} (${sizes()})`, cause);
    }
    if (written >= 0) return written;
    throw damaged(name, `damaged data (${sizes()})`);
  }
  return {
    name,
    library,
    kind,
    decode(source, target) {
      checkLength(name, 'decoded data', run(source, target, ''), target.length);
    },
    decodeUpTo: (source, target) => run(source, target, 'at most '),
    ...(statedBytes && { statedBytes }),
    ...(mostBytes && { mostBytes }),
  };
}

/** A number of bytes, exact, for messages. */
export function count(bytes: number): string {
  return `${bytes.toLocaleString('en')} ${bytes === 1 ? 'byte' : 'bytes'}`;
}
