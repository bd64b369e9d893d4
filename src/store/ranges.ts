import { LsioError } from '../errors.js';
import type { OwnedBytes } from '../memory/owned.js';
import { shown } from '../printable.js';
import { type ByteRange, checkRange } from '../range.js';
import type { Item } from '../read/item.js';
import { Gathering } from '../read/parts.js';
import type { ReadBatches } from '../read/read-many.js';
import type { Key } from './keys.js';
import { type GetOptions, isAbsent, type Store } from './store.js';

/**
 * Several ranges of one value, in any order; they may overlap. Those that lie close together are read at once.
 *
 * @returns The bytes of each range, in the order of `ranges`; undefined when there is no such value.
 * @throws {LsioError} As `getRange`, for the first range that fails.
 */
export async function getRanges(
  store: Store,
  key: Key,
  ranges: readonly ByteRange[],
  options?: GetOptions,
): Promise<OwnedBytes[] | undefined> {
  if (!Array.isArray(ranges)) throw new LsioError('usage', `${shown(ranges)} is not an array of ranges`);
  for (const range of ranges) checkRange(range);
  // Without ranges the key is looked up all the same.
  const requests =
    ranges.length === 0 ? [{ key, range: { offset: 0, length: 0 } }] : ranges.map((range) => ({ key, range }));
  const values = await gather(store.getMany(requests, options), requests.length);
  return values?.slice(0, ranges.length);
}

/** The value of each request; undefined when there is no such value. */
export async function gather<R>(batches: ReadBatches<R>, count: number): Promise<OwnedBytes[] | undefined> {
  const gathering = new Gathering();
  const values = new Array<OwnedBytes>(count);
  for await (const batch of batches) {
    for (const item of batch) {
      if (!item.ok) {
        if (isAbsent(item.error)) return undefined;
        throw item.error;
      }
      const value = gathering.add(item as unknown as Item<R>);
      if (value !== undefined) values[item.index] = value;
    }
  }
  return values;
}
