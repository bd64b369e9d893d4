#!/usr/bin/env node
/*
 * lsio against what else reads ranges over HTTP, from nginx on loopback with 20 ms to the first byte, in turn; the bytes are
 * compared. Prints a table with the goal of each cell. Build first; needs Debian's nginx-light and libnginx-mod-http-echo;
 * curl, wrk and obstore are left out where they are missing. The cells of merging need root, for a network of 1 Gbit/s.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeEnvironment } from '../dist/bench/environment.js';
import { lsioVersion } from '../dist/results/version.js';
import { limitedJob, mergeCells, rangeCells } from './objects/cells.js';
import { measureCell, measureLimited, measureMerging } from './objects/measure.js';
import { renderObjects } from './objects/report.js';
import { makeObjects, missing, removeObjects, startServer } from './objects/server.js';

const USAGE = `scripts/bench-objects [options]
  --quick        fewer runs: under 8 minutes on a quiet machine
  --runs N       rounds of each cell (default: 5, quick 3)
  --only LIST    of ranges,limited,merging (default: all)
  --json FILE    save the document that scripts/results.js makes a page of
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string', default: 'ranges,limited,merging' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** A network of its own of 1 Gbit/s; undefined where none can be made. */
function openNetwork() {
  const name = `lsio-objects-${process.pid}`;
  const steps = [
    ['netns', 'add', name],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ];
  const tbf = 'qdisc add dev lo root tbf rate 1gbit burst 256kb latency 200ms'.split(' ');
  const isOpen =
    steps.every((args) => spawnSync('ip', args).status === 0) &&
    spawnSync('ip', ['netns', 'exec', name, 'tc', ...tbf]).status === 0;
  const close = () => void spawnSync('ip', ['netns', 'del', name]);
  if (isOpen) return { prefix: ['ip', 'netns', 'exec', name], close };
  close();
  return undefined;
}

async function main() {
  const why = missing();
  if (why !== undefined) throw new Error(why);
  const runs = Number(values.runs ?? (values.quick ? 3 : 5));
  const wanted = new Set(values.only.split(','));
  const directory = makeObjects();
  const server = await startServer(directory);
  const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);
  /** @type {import('./objects/report.js').ObjectsResult} */
  const result = {
    schema: 'lsio.objects/1',
    environment: describeEnvironment(directory, lsioVersion(), null),
    runs,
    cells: [],
    merging: [],
    notes: [],
  };
  try {
    if (wanted.has('ranges')) {
      for (const cell of rangeCells(server))
        result.cells.push(measureCell(cell, { runs, directory, say, notes: result.notes }));
    }
    if (wanted.has('limited')) result.limited = measureLimited(limitedJob(server), { runs, directory, say });
    const network = wanted.has('merging') ? openNetwork() : undefined;
    if (network !== undefined) {
      const inside = await startServer(directory, network.prefix);
      try {
        const mergeRuns = values.quick ? 2 : runs;
        for (const cell of mergeCells(inside)) {
          result.merging.push(measureMerging(cell, { runs: mergeRuns, directory, say, prefix: network.prefix }));
        }
      } finally {
        inside.stop();
        network.close();
      }
    } else if (wanted.has('merging'))
      result.notes.push('no network of 1 Gbit/s: merging was not measured (needs root, ip and tc)');
  } finally {
    server.stop();
    removeObjects(directory);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`);
  process.stdout.write(renderObjects(result));
}

if (values.help) process.stdout.write(USAGE);
else await main();
