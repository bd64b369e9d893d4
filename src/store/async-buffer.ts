import { LsioError } from '../errors.js';
import type { Key } from './keys.js';
import type { GetOptions, Store } from './store.js';

/** A value as hyparquet, and others that read parts of an ArrayBuffer, want it. */
export interface AsyncBuffer {
  /** Bytes. */
  readonly byteLength: number;
  /** The bytes from `start` to before `end`, as `ArrayBuffer.slice` counts. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/**
 * A value as an `AsyncBuffer`.
 *
 * @throws {LsioError} `read` with the code `ENOENT` when there is no such value.
 */
export async function asAsyncBuffer(store: Store, key: Key, options?: GetOptions): Promise<AsyncBuffer> {
  const meta = await store.head(key, options);
  if (meta === undefined) throw absent(key);
  const { size } = meta;
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = place(start, size);
      const length = place(end, size) - from;
      if (length <= 0) return new ArrayBuffer(0);
      const bytes = await store.getRange(key, { offset: from, length }, options);
      if (bytes === undefined) throw absent(key);
      return bytes.buffer;
    },
  };
}

/** An index that may count from the end, within the value. */
function place(index: number, size: number): number {
  return index < 0 ? Math.max(0, size + index) : Math.min(index, size);
}

function absent(key: Key): LsioError {
  const path = typeof key === 'string' ? key : Buffer.from(key).toString();
  return new LsioError('read', `${path}: no such value (ENOENT)`, { code: 'ENOENT', path });
}
