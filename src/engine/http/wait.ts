import type { Clock } from '../../clock.js';

/** The signal is looked at as often as that. */
const SLICE_MS = 100;

/** Fulfils after so many milliseconds. Rejects with the signal's reason soon after it is aborted. */
export async function wait(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  const untilMs = clock.now() + milliseconds;
  for (let restMs = milliseconds; restMs > 0; restMs = untilMs - clock.now()) {
    signal?.throwIfAborted();
    await clock.sleep(Math.min(restMs, SLICE_MS));
  }
  signal?.throwIfAborted();
}
