import type { DecoderChoice } from '../../codec/codec.js';
import type { LsioError } from '../../errors.js';
import type { ChunkRef, RefsSpec } from '../../formats/chunked-array.js';
import type { SlabChoice } from '../../memory/slab-memory.js';
import type { DirectChoice } from '../../store/local/direct.js';
import type { LocalStoreRecipe } from '../../store/local/recipe.js';
import type { BodyName } from './bodies.js';
import type { ClaimsOptions } from './claims.js';
import type { JobArray } from './job.js';
import { errorOf, type PlainError, plainError } from './plain-error.js';

/** A job as a worker is given it. Plain data. */
export interface JobOrder {
  readonly body: BodyName;
  readonly spec: unknown;
  readonly array: Omit<JobArray, 'sources' | 'refs'>;
  /** Absent: the calling thread is asked where chunks are. */
  readonly refs: RefsSpec | undefined;
  readonly stores: readonly LocalStoreRecipe[];
  readonly slab: SlabChoice;
  readonly decoder: DecoderChoice;
  readonly direct: DirectChoice;
  readonly claims: ClaimsOptions;
  readonly memory: SharedArrayBuffer;
  /** The worker's place among those that take part. */
  readonly seat: number;
  /** Shared memory itself, or where ordinary memory lies. */
  readonly output: Uint8Array | { readonly address: number; readonly bytes: number };
}

export type ToWorker =
  | { readonly kind: 'job'; readonly order: JobOrder }
  | { readonly kind: 'refs'; readonly id: number; readonly refs: readonly PlainRef[] | PlainError }
  /** The job is to be given up. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'end' };

export type FromWorker =
  /** It has opened what it needs, and claims. */
  | { readonly kind: 'joined' }
  | { readonly kind: 'refs'; readonly id: number; readonly chunks: readonly (readonly number[])[] }
  | { readonly kind: 'results'; readonly results: readonly unknown[] }
  /** Nothing is in flight any more. */
  | { readonly kind: 'done'; readonly error: PlainError | undefined };

export type PlainRef = Omit<ChunkRef, 'error'> & { readonly error?: PlainError };

export function plainRef({ error, ...ref }: ChunkRef): PlainRef {
  return error === undefined ? ref : { ...ref, error: plainError(error) };
}

export function refOf({ error, ...ref }: PlainRef): ChunkRef {
  return error === undefined ? ref : { ...ref, error: errorOf(error) as LsioError };
}
