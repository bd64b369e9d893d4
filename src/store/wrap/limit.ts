import { LsioError } from '../../errors.js';
import { shown } from '../../printable.js';
import { Fifo } from '../../read/fifo.js';
import type { Store } from '../store.js';

/**
 * A store that has no more than `max` calls of `get`, `getRange` and `head` under way at a time, and no more reads of each
 * `getMany`; others wait for their turn. Closing it closes the store.
 *
 * @throws {LsioError} `usage` unless `max` is a whole number from 1.
 */
export function withLimit(store: Store, max: number): Store {
  if (!Number.isSafeInteger(max) || max < 1)
    throw new LsioError('usage', `limit ${shown(max)} is not a whole number from 1`);
  const waiting = new Fifo<() => void>();
  let underWay = 0;

  async function inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (underWay === max) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay++;
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next();
    }
  }

  const inFlightMax = Math.min(max, store.capabilities.inFlightMax);
  return {
    capabilities: { ...store.capabilities, inFlightMax },
    get: (key, options) => inTurn(() => store.get(key, options)),
    getRange: (key, range, options) => inTurn(() => store.getRange(key, range, options)),
    getMany: (requests, options) =>
      store.getMany(requests, { ...options, maxInFlight: Math.min(max, options?.maxInFlight ?? max) }),
    head: (key, options) => inTurn(() => store.head(key, options)),
    list: (prefix, options) => store.list(prefix, options),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  };
}
