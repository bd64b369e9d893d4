import { conformance } from '../engine/conformance.js';
import { RealDisk } from './disk.js';
import { openSim } from './engine.js';

let seed = 0;

/** The real engine over a simulated ring that reads real files, late, short and in any order. */
async function openSimulated(queueDepth = 16) {
  const faults = { delayMsMax: 3, interrupted: 0.05, again: 0.05, short: 0.2, partial: 0.1 };
  const slabBytes = 64 * 1024 ** 2;
  return openSim({ seed: ++seed, disk: new RealDisk(), queueDepth, sharedFiles: 64, slabBytes, faults }).engine;
}

conformance('simulated', openSimulated);
