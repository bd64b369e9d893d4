/* Rounds of bench-objects: clients in turn, and the medians. */
import { median } from 'simple-statistics';
import { inTurn } from '../../dist/bench/interleave.js';
import { missingClient, runClient } from './run.js';

/** @typedef {import('./run.js').Job} Job */
/** @typedef {{ runs: number, directory: string, say: (text: string) => void, prefix?: readonly string[] }} How */
/** @typedef {{ client: string, wallNs: number, cpuNsPerRange: number, walls: number[] }} ClientResult */

/** @param {import('./run.js').Run} run @param {string} client @param {Job} job */
function check({ wrong, bytes }, client, { requests, length }) {
  if (wrong > 0 || bytes !== requests.length * length)
    throw new Error(`${client}: ${wrong} ranges are wrong, ${bytes} bytes`);
}

/**
 * @param {{ name: string, clients: readonly string[], job: Job }} cell
 * @param {How & { notes: string[] }} how
 */
export function measureCell({ name, clients, job }, { runs, directory, say, notes }) {
  const there = clients.filter((client) => {
    const why = missingClient(client);
    if (why !== undefined && !notes.includes(why)) notes.push(why);
    return why === undefined;
  });
  /** @type {Map<string, import('./run.js').Run[]>} */
  const all = new Map(there.map((client) => [client, []]));
  for (let round = 0; round < runs; round++) {
    for (const client of inTurn(there, round)) {
      const run = runClient(client, job, directory);
      check(run, client, job);
      all.get(client)?.push(run);
      say(
        `${name}: ${client} ${(run.wallNs / 1e9).toFixed(2)} s, ${(run.cpuNs / job.requests.length / 1e3).toFixed(1)} us a range`,
      );
    }
  }
  /** @type {ClientResult[]} */
  const results = [...all].map(([client, of]) => ({
    client,
    wallNs: median(of.map(({ wallNs }) => wallNs)),
    cpuNsPerRange: median(of.map(({ cpuNs }) => cpuNs / job.requests.length)),
    walls: of.map(({ wallNs }) => wallNs),
  }));
  return { name, ranges: job.requests.length, bytes: job.length, inFlight: job.inFlight, results };
}

/** @param {Job} job @param {How} how */
export function measureLimited(job, { runs, directory, say }) {
  const rates = [];
  const refused = [];
  for (let round = 0; round < runs; round++) {
    const run = runClient('lsio', job, directory);
    check(run, 'lsio', job);
    const { requests = 0, refusals = 0 } = run.info ?? {};
    rates.push(job.requests.length / (run.wallNs / 1e9));
    refused.push(refusals / requests);
    say(`limited: ${rates.at(-1)?.toFixed(0)} a second, ${((refused.at(-1) ?? 0) * 100).toFixed(1)} % refused`);
  }
  return { rangesPerSecond: median(rates), refusedShare: median(refused) };
}

const ALL = { gapBytesMax: 2 ** 20, readBytesMax: 2 ** 20 };

/** @param {{ inFlight: number, gapKib: number, job: Job }} cell @param {How} how */
export function measureMerging({ inFlight, gapKib, job }, { runs, directory, say, prefix }) {
  /** @type {{ auto: number[], off: number[], merged: number[] }} */
  const walls = { auto: [], off: [], merged: [] };
  const choices = /** @type {const} */ ([
    ['auto', 'auto'],
    ['off', 'off'],
    ['merged', ALL],
  ]);
  for (let round = 0; round < runs; round++) {
    for (const [name, coalesce] of inTurn(choices, round)) {
      const run = runClient('lsio', { ...job, coalesce }, directory, prefix);
      check(run, 'lsio', job);
      walls[name].push(run.wallNs);
    }
  }
  const [autoNs, offNs, mergedNs] = [median(walls.auto), median(walls.off), median(walls.merged)];
  say(
    `gap ${gapKib} KiB, ${inFlight} in flight: auto ${seconds(autoNs)}, off ${seconds(offNs)}, merged ${seconds(mergedNs)}`,
  );
  return { inFlight, gapKib, autoNs, offNs, mergedNs };
}

/** @param {number} ns */
function seconds(ns) {
  return `${(ns / 1e9).toFixed(2)} s`;
}
