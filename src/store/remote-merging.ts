import type { Limiter } from '../engine/http/limiter.js';
import { costsOf, mergeLimits } from '../engine/http/merging.js';
import type { Meter } from '../engine/http/meter.js';
import type { Merging } from '../read/backend.js';
import { GROUP_MAX } from '../read/merge.js';

const READ_BYTES_MAX = 8 * 1024 * 1024;
/** Ranges planned at a time while little was answered: a guess is to decide on few. */
const FIRST_GROUP_MAX = 64;

/** Merges by what was measured so far. */
export function mergingBy(meter: Meter, limiter: Limiter): Merging {
  return {
    groupMax: () => (meter.isSettled ? GROUP_MAX : FIRST_GROUP_MAX),
    readBytesMax: READ_BYTES_MAX,
    limits: (group) =>
      mergeLimits({ ...group, inFlightMax: limiter.prospect, inFlightNow: limiter.limit }, costsOf(meter)),
  };
}
