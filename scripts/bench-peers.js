#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
/*
 * lsio against what else reads files: fio, Node's own calls, tar, cat and cp, on the same files, in turn. Prints a table of
 * ratios, each with its 95 % interval and the goal that it is held to. Build first; needs fio, and 1.5 GB for the files.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeEnvironment } from '../dist/bench/environment.js';
import { machineWarnings } from '../dist/bench/run-warnings.js';
import { dedupe } from '../dist/bench/warnings.js';
import { startProgress } from '../dist/cli/app/progress.js';
import { say } from '../dist/cli/app/talk.js';
import { isLsioError, LsioError } from '../dist/errors.js';
import { findFio } from '../dist/fio/run.js';
import { lsioVersion } from '../dist/results/version.js';
import { parseCount } from '../dist/units.js';
import { listFiles } from '../dist/workload/list-files.js';
import { whyMissing } from './peers/command.js';
import { COMMANDS } from './peers/commands.js';
import { measureCell } from './peers/measure.js';
import { measureMemory } from './peers/memory.js';
import { renderPeers } from './peers/report.js';
import { cellsFor, MEMORY, QUICK, rowIds } from './peers/table.js';

/**
 * @typedef {import('./peers/report.js').PeersResult} PeersResult
 * @typedef {import('./peers/table.js').Cell['data']} Data
 */

const RUNS_DEFAULT = 6;
const RUNS_MAX = 1000;
/** Of `--quick`: as few as decide, and no cell is begun after so long. */
const QUICK_RUNS = 3;
const QUICK_MS_MAX = 7.5 * 60_000;
const TOOLS_DEFAULT = '/tmp/lsio-peers-tools';
const INTERRUPTED_EXIT = 130;
const CREATE = {
  large: ['files', 'create'],
  small: ['files', 'create', '--count', '20000', '--size', '4Ki', '--big-size', '0'],
};
const LSIO = fileURLToPath(new URL('../bin/lsio.js', import.meta.url));
const USAGE = `scripts/bench-peers [options]
  --dir DIR        1,000 files of 256 KiB and one of 1 GiB (default: /tmp/fio)
  --small-dir DIR  20,000 files of 4 KiB (default: /tmp/fio20k); either is made where it is missing
  --rows LIST      only these rows, or those whose names begin so; comma list, repeatable
  --quick          at most 10 minutes: whole commands and single reads, 3 pairs; cells that don't fit are left out
  --tools DIR      Bun, Deno and object_store, put there by scripts/peers/install-tools DIR (default: ${TOOLS_DEFAULT});
                   rivals that are missing are left out, with the reason
  --all            also the rows without a goal: every case, cold and warm, against each reader
  --runs N         pairs of runs (default: ${RUNS_DEFAULT}; fewer than 3 decide nothing)
  --json FILE      save the document that scripts/results.js makes a page of, after each cell
`;

/** How the program was called. */
function parseOptions() {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string', default: '/tmp/fio' },
      'small-dir': { type: 'string', default: '/tmp/fio20k' },
      rows: { type: 'string', multiple: true },
      all: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      tools: { type: 'string', default: TOOLS_DEFAULT },
      runs: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { goals, further, furtherCells } = rowIds();
  if (values.help) {
    process.stdout.write(`${USAGE}\nRows: ${goals.join(' ')}\nWith --all: ${furtherCells.join(' ')}\n`);
    return undefined;
  }
  const known = [...goals, ...further];
  const asked = values.rows?.flatMap((text) => text.split(','));
  const unknown = asked?.find((prefix) => !known.some((id) => id.startsWith(prefix)));
  if (unknown !== undefined) throw new LsioError('usage', `--rows: no row begins with ${unknown}: see --help`);
  const byDefault = values.quick ? known.filter((id) => quickPlace(id) >= 0) : values.all ? known : goals;
  const ids =
    asked === undefined
      ? byDefault
      : known.filter((id) => asked.some((text) => id === text || (!known.includes(text) && id.startsWith(text))));
  const runs = parseCount(values.runs ?? String(values.quick ? QUICK_RUNS : RUNS_DEFAULT), {
    name: '--runs',
    min: 1,
    max: RUNS_MAX,
  });
  const { quick, json, tools } = values;
  return { ids, runs, quick, json, tools, dirs: { large: values.dir, small: values['small-dir'] } };
}

/** @param {NonNullable<ReturnType<typeof parseOptions>>} options @param {AbortSignal} signal */
async function main({ ids, runs, quick, json, tools, dirs }, signal) {
  process.env.PATH = `${tools}/node_modules/.bin:${tools}/venv/bin:${process.env.PATH}`;
  const untilMs = quick ? performance.now() + QUICK_MS_MAX : Infinity;
  const cells = cellsFor(ids, await missingSides(ids, signal));
  if (quick) cells.sort((one, other) => quickPlace(one.id) - quickPlace(other.id));
  const wantsMemory = ids.includes(MEMORY);
  const needed = new Set([...cells.map(({ data }) => data), .../** @type {Data[]} */ (wantsMemory ? ['small'] : [])]);
  for (const data of needed) makeMissing(data, dirs[data]);
  const version = lsioVersion();
  const { version: fio } = await findFio(signal);
  const environment = describeEnvironment(needed.has('large') ? dirs.large : dirs.small, version, fio);
  /** @type {PeersResult} */
  const result = {
    schema: 'lsio.peers/1',
    environment,
    runs,
    rows: [],
    measured: [],
    warnings: machineWarnings(environment),
    interrupted: true,
  };
  function save() {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  save();
  let [items, note] = [0, ''];
  const itemsTotal = cells.reduce(
    (sum, { sides }) => sum + Object.keys(sides).length * (runs + 1),
    wantsMemory ? 1 : 0,
  );
  const progress = startProgress({ progress: 'auto', quiet: false }, () => ({ items, note, itemsTotal, unit: 'runs' }));
  const onStep = (/** @type {string} */ text) => {
    items++;
    note = text;
  };
  const given = { version, runs, signal, onStep };
  const lists = new Map();
  for (const data of needed) lists.set(data, (await listFiles(dirs[data], signal)).files);
  try {
    for (const cell of cells) {
      const beganMs = performance.now();
      if (beganMs > untilMs) {
        say(`${cell.id}: left out, --quick has no time for it`);
        continue;
      }
      const measuring = measureCell(cell, { ...given, dir: dirs[cell.data], files: lists.get(cell.data) });
      const done = await measuring.catch((error) => leaveOut(cell.id, error, signal));
      if (done === undefined) continue;
      const { rows, measured, warnings } = done;
      result.rows.push(...rows);
      result.measured.push(measured);
      result.warnings = dedupe([...result.warnings, ...warnings]);
      save();
      say(`${cell.id}: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
    }
    if (wantsMemory) result.rows.push(await measureMemory({ ...given, files: lists.get('small') }));
    result.interrupted = false;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = INTERRUPTED_EXIT;
  } finally {
    progress.stop();
  }
  save();
  process.stdout.write(renderPeers(result, isatty(1) && !process.env.NO_COLOR));
}

/** One rival that fails must not cost the other cells. @param {string} id @param {unknown} error @param {AbortSignal} signal */
function leaveOut(id, error, signal) {
  if (signal.aborted || !isLsioError(error, 'unavailable')) throw error;
  say(`${id}: left out, ${error.message}`);
  process.exitCode = 2;
  return undefined;
}

/** @param {string} id */
function quickPlace(id) {
  return QUICK.findIndex((prefix) => id.startsWith(prefix));
}

/** The rivals that aren't here; says why. @param {readonly string[]} ids @param {AbortSignal} signal */
async function missingSides(ids, signal) {
  const missing = new Set();
  const names = new Set(cellsFor(ids).flatMap(({ sides }) => Object.keys(sides)));
  for (const [name, side] of Object.entries(COMMANDS)) {
    const why = names.has(name) ? await whyMissing(side, signal) : undefined;
    if (why === undefined) continue;
    missing.add(name);
    say(`${name}: left out, ${why}; scripts/peers/install-tools, or apt-get install`);
  }
  return missing;
}

/** @param {Data} data @param {string} dir */
function makeMissing(data, dir) {
  if (existsSync(dir)) return;
  const args = [...CREATE[data], '--dir', dir];
  process.stderr.write(`lsio ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [LSIO, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new LsioError('unavailable', `lsio ${args.join(' ')}: exit ${status}`);
}

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
try {
  const options = parseOptions();
  if (options !== undefined) await main(options, interruption.signal);
} catch (error) {
  if (!isLsioError(error) && !(error instanceof TypeError && 'code' in error)) throw error;
  say(`bench-peers: ${error.message}`);
  if (isLsioError(error) && error.remedy !== undefined) say(`  → ${error.remedy}`);
  process.exitCode = 2;
}
