import type { EngineInfo } from '../engine/engine.js';
import { RingEngine } from '../engine/ring/ring-engine.js';
import { StatedSizes } from '../engine/ring/stated-sizes.js';
import { Slab } from '../memory/slab.js';
import { SimClock } from './clock.js';
import { FUSE_MOUNT, type SimDisk } from './disk.js';
import { Random } from './random.js';
import { NO_FAULTS, type SimFaults, SimRing } from './ring.js';

export interface SimEngineOptions {
  readonly seed: number;
  readonly disk: SimDisk;
  readonly clock?: SimClock;
  readonly queueDepth?: number;
  readonly sharedFiles?: number;
  readonly windowBytes?: number;
  /** A power of two of pages. */
  readonly slabBytes?: number;
  /** Memory to use in place of new one, such as that of an engine before. */
  readonly memory?: Uint8Array;
  readonly faults?: Partial<SimFaults>;
  /** Of each ring; all have those of `faults` besides. */
  readonly rings?: readonly Partial<SimFaults>[];
}

export interface SimEngine {
  readonly engine: RingEngine;
  readonly rings: readonly SimRing[];
  readonly clock: SimClock;
  readonly random: Random;
  readonly slab: Slab;
}

/** The real engine over simulated rings, files and time. The same seed, the same course of events. */
export function openSim(options: SimEngineOptions): SimEngine {
  const { seed, disk, clock = new SimClock(), queueDepth = 8, sharedFiles = 4 } = options;
  const { memory = new Uint8Array(options.slabBytes ?? 512 * 1024) } = options;
  const slabBytes = memory.length;
  const { windowBytes = slabBytes, rings: ringFaults = [{}] } = options;
  const random = new Random(seed);
  // Memory that is given back is overwritten, so that bytes kept too long show.
  const slab = new Slab(memory, true);
  const files = queueDepth + sharedFiles;
  const rings = ringFaults.map((own) => {
    const faults = { ...NO_FAULTS, ...options.faults, ...own };
    return new SimRing({ entries: queueDepth, files, slab, disk, random, clock, faults });
  });
  const info: EngineInfo = {
    engine: 'node',
    reason: `simulated, seed ${seed}`,
    queueDepth,
    rings: rings.length,
    slabBytes,
    flags: [],
  };
  const sizes = new StatedSizes(() => FUSE_MOUNT);
  const engine = new RingEngine(rings, info, { sharedFiles, windowBytes, clock, sizes });
  return { engine, rings, clock, random, slab };
}
