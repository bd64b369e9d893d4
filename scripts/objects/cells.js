/* What bench-objects measures. */
import { OBJECT_BYTES, OBJECT_COUNT } from './server.js';

/** @typedef {import('./run.js').Job} Job */

const KIB = 1024;

/** Blocks in an order of chance that is the same each time. @param {number} length @param {number} count @returns {[number, number][]} */
function blocks(length, count) {
  let state = 7;
  const random = (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const perObject = Math.floor(OBJECT_BYTES / length);
  /** @type {[number, number][]} */
  const all = [];
  for (let object = 0; object < OBJECT_COUNT; object++) {
    for (let block = 0; block < perObject; block++) all.push([object, block * length]);
  }
  for (let i = all.length - 1; i > 0; i--) {
    const j = random(i + 1);
    const held = all[i];
    all[i] = /** @type {[number, number]} */ (all[j]);
    all[j] = /** @type {[number, number]} */ (held);
  }
  return Array.from({ length: count }, (_, i) => /** @type {[number, number]} */ (all[i % all.length]));
}

/** @param {number} gap @param {number} count @returns {[number, number][]} */
function gapped(gap, count) {
  const stride = 4 * KIB + gap;
  const perObject = Math.floor(OBJECT_BYTES / stride);
  return Array.from({ length: count }, (_, i) => [Math.floor(i / perObject), (i % perObject) * stride]);
}

/**
 * Cells in which clients read the same ranges.
 *
 * @param {{ fast: string, slow: string }} urls
 * @returns {{ name: string, clients: readonly string[], job: Job }[]}
 */
export function rangeCells({ fast, slow }) {
  const common = { every: 16 };
  return [
    {
      name: '10,000 x 64 KiB at 20 ms, 256 in flight',
      clients: ['lsio', 'curl', 'undici', 'obstore'],
      job: { ...common, url: slow, length: 64 * KIB, inFlight: 256, warmUp: 1000, requests: blocks(64 * KIB, 10_000) },
    },
    {
      name: '4 KiB on loopback, 64 in flight',
      clients: ['lsio', 'undici', 'wrk'],
      job: { ...common, url: fast, length: 4 * KIB, inFlight: 64, warmUp: 5000, requests: blocks(4 * KIB, 60_000) },
    },
    {
      name: '4 KiB on loopback, 64 in flight, slow clients',
      clients: ['lsio', 'fetch', 'zarrita'],
      job: { ...common, url: fast, length: 4 * KIB, inFlight: 64, warmUp: 5000, requests: blocks(4 * KIB, 10_000) },
    },
    {
      name: '256 KiB on loopback, 64 in flight',
      clients: ['lsio', 'undici', 'wrk'],
      job: { ...common, url: fast, length: 256 * KIB, inFlight: 64, warmUp: 500, requests: blocks(256 * KIB, 5000) },
    },
  ];
}

/** A server that admits 2,000 requests a second. @param {{ limited: string }} urls @returns {Job} */
export function limitedJob({ limited }) {
  // Blocks of 512 bytes: what is measured is the number of requests.
  return {
    url: limited,
    length: 512,
    inFlight: 256,
    auto: true,
    warmUp: 4000,
    every: 16,
    requests: blocks(512, 10_000),
  };
}

/** Merged, not merged and as lsio does: 4,000 blocks of 4 KiB. @param {{ slow: string }} urls */
export function mergeCells({ slow }) {
  return [64, 256].flatMap((inFlight) =>
    [4, 16, 32, 64, 128].map((gapKib) => ({
      inFlight,
      gapKib,
      /** @type {Job} */
      job: { url: slow, length: 4 * KIB, inFlight, warmUp: 0, every: 16, requests: gapped(gapKib * KIB, 4000) },
    })),
  );
}
