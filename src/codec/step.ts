import type { DType } from '../array/dtype.js';
import type { Codec, Compressor, InPlaceCodec, PartCodec } from './codec.js';
import type { Libraries } from './libraries.js';
import type { ItemCodec } from './variable.js';

/** A codec and its configuration, as Zarr v3 writes them; those of numcodecs are called `numcodecs.NAME`. Plain data. */
export interface CodecSpec {
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
}

/**
 * What goes into a codec when it encodes, and comes out of it: an array of little-endian elements, or bytes, whose
 * number is not known after a compressor.
 */
export type Content =
  | { readonly kind: 'array'; readonly dtype: DType; readonly shape: readonly number[] }
  | { readonly kind: 'bytes'; readonly bytes: number | undefined };

export interface CodecOptions {
  /** Whether checksums are compared. */
  readonly verify: boolean;
}

export type AnyCodec = Codec | InPlaceCodec | PartCodec | Compressor;

/** One codec of a chunk: its configuration is understood and fits what comes before it. */
export interface Step {
  readonly name: string;
  readonly decoded: Content;
  readonly encoded: Content;
  /** Undefined where decoding changes nothing. */
  readonly make?: (libraries: Libraries, options: CodecOptions) => AnyCodec;
  /** Of elements that vary in length. */
  readonly items?: ItemCodec;
  /** Of a transposition. */
  readonly order?: readonly number[];
}

export interface ResolveInput {
  /** Without `numcodecs.`. */
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly decoded: Content;
}

/** Understands a codec's configuration: its steps in encoding order, or text that says what is not understood. */
export type Resolve = (input: ResolveInput) => Step | readonly Step[] | string;

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** How many bytes it has; undefined where only decoding tells. */
export function bytesOf(content: Content): number | undefined {
  if (content.kind === 'bytes') return content.bytes;
  const { dtype, shape } = content;
  return dtype.itemBytes === 0 ? undefined : elementsOf(shape) * dtype.itemBytes;
}
