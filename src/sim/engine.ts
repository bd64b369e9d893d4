import type { EngineInfo } from '../engine/engine.js';
import { RingEngine } from '../engine/ring/ring-engine.js';
import { StatedSizes } from '../engine/ring/stated-sizes.js';
import { Slab } from '../memory/slab.js';
import { IoUring } from '../uring/io-uring.js';
import { SimClock } from './clock.js';
import { FUSE_MOUNT, type SimDisk } from './disk.js';
import { NO_FAULTS, type SimFaults } from './faults.js';
import { SimKernel, type SimKernelOptions } from './kernel.js';
import { SLAB_AT } from './operations.js';
import { Random } from './random.js';

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
  readonly kernels: readonly SimKernel[];
  readonly clock: SimClock;
  readonly random: Random;
  readonly slab: Slab;
}

/** A real ring that a simulated kernel answers. */
export function simRing(options: SimKernelOptions): { readonly ring: IoUring; readonly kernel: SimKernel } {
  const kernel = new SimKernel(options);
  const { slab } = options;
  const memory = { slab, address: SLAB_AT, lengthBytes: slab.memory.length, retire() {} };
  return { kernel, ring: new IoUring(kernel, memory, options, kernel) };
}

/** The real engine and real rings over a simulated kernel, files and time. The same seed, the same course of events. */
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
    return simRing({ entries: queueDepth, files, slab, disk, random, clock, faults });
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
  const engine = new RingEngine(
    rings.map(({ ring }) => ring),
    info,
    { sharedFiles, windowBytes, clock, sizes },
  );
  return { engine, kernels: rings.map(({ kernel }) => kernel), clock, random, slab };
}
