import type { ByteText } from '../paths/byte-text.js';
import type { StoreRequest } from '../store/store.js';

/** A file, or a part of one, to be written somewhere. */
export interface Input extends StoreRequest {
  /** Of an object: its address without what may be secret. */
  readonly name: ByteText;
  /** Where the object is, as it was given; undefined: a file of this machine. */
  readonly url?: string | undefined;
  /** The id that the request gave itself. */
  readonly id?: string | number | undefined;
  /** Its place among all inputs, from 0 on, where they were counted. */
  readonly index?: number;
}

/** Inputs in the order asked for, in batches. */
export type Inputs = AsyncIterable<readonly Input[]>;
