import { type Watch, watchFd } from '../native/wake.js';
import { readPlainly } from './plain-read.js';
import { StatRoom } from './stat-room.js';

/** What a ring asks of the system besides its queues. A simulated system can stand in for it. */
export interface RingHost {
  readonly watchFd: (eventFd: number, onSignal: () => void) => Watch;
  readonly readPlainly: typeof readPlainly;
  readonly statRoom: (places: number) => Pick<StatRoom, 'addressOf' | 'facts' | 'unmap'>;
  /** Calls back in a later turn of the event loop. */
  readonly soon: (callback: () => void) => void;
}

export const SYSTEM: RingHost = {
  watchFd,
  readPlainly,
  statRoom: (places) => new StatRoom(places),
  soon: setImmediate,
};
