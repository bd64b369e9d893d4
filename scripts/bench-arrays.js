#!/usr/bin/env node
/*
 * Reads arrays with lsio and with the field's own readers, in turns, and compares every byte. Build first.
 * Needs Debian's python3-numpy and python3-numcodecs to write the data; python3-zarr, and a virtual environment with zarr,
 * zarrs and tensorstore (pip), where they are there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CropOrigins } from '../dist/array/crop-origins.js';
import { describeEnvironment } from '../dist/bench/environment.js';
import { inTurn } from '../dist/bench/interleave.js';
import { lsioVersion } from '../dist/results/version.js';
import { renderArrays } from './arrays/report.js';

/** @typedef {import('./arrays/report.js').ArraysRow} ArraysRow @typedef {import('./arrays/report.js').ArraysResult} ArraysResult */

const USAGE = `scripts/bench-arrays.js [options]
  --dir DIR     where the data is made, and kept (default: /tmp/lsio-arrays)
  --quick       arrays of 256 MiB instead of 1 GiB, 200 crops instead of 400, 2 runs: some minutes
  --tiny        arrays of 32 MiB: whether it works
  --runs N      after one that is not counted (default: 3)
  --venv DIR    Python with zarr, zarrs and tensorstore (default: /tmp/venv-arrays)
  --only TEXT   only rows whose layout or work contains it
  --json FILE   save the document that scripts/results.js makes a page of
`;
const { values: options } = parseArgs({
  options: {
    dir: { type: 'string', default: '/tmp/lsio-arrays' },
    quick: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    runs: { type: 'string' },
    venv: { type: 'string', default: '/tmp/venv-arrays' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const SCRIPTS = path.dirname(fileURLToPath(import.meta.url));
const LSIO = path.join(SCRIPTS, '../bin/lsio.js');
const DEBIAN = '/usr/bin/python3';
const CROP = 64;
const SEED = 7;
const size = options.tiny
  ? { log2: 24, crops: 20, name: '32 MiB', shape: [256, 256, 256] }
  : options.quick
    ? { log2: 27, crops: 200, name: '256 MiB', shape: [512, 512, 512] }
    : { log2: 29, crops: 400, name: '1 GiB', shape: [1024, 1024, 512] };
const runs = Number(options.runs ?? (options.quick || options.tiny ? 2 : 3));
const data = path.join(options.dir, String(size.log2));
const axes = size.shape.map((length, axis) => ({ name: String(axis), start: 0, length, size: CROP, align: 1 }));
const chooser = new CropOrigins(axes, SEED);
const origins = Array.from({ length: size.crops }, (_, i) => chooser.at(i));

/** @type {{ name: string, command: string[], format: 'v2' | 'v3', why?: string }[]} */
const READERS = [
  ...['lsio', 'lsio-1', 'lsio-fresh', 'zarrita', 'zarrita-lsio'].map((kind) => ({
    name: kind,
    command: [process.execPath, path.join(SCRIPTS, 'arrays/reader.js'), kind],
    format: /** @type {const} */ ('v3'),
  })),
  pythonReader('zarr2', DEBIAN, 'zarr', 'v2'),
  ...['zarr', 'zarrs', 'tensorstore'].map((kind) =>
    pythonReader(kind, path.join(options.venv, 'bin/python'), kind, 'v3'),
  ),
];
const LAYOUTS = ['raw-64', 'lz4-64', 'zstd-64', 'lz4-32', 'sharded-32', 'raw-32', 'era-lz4'];
/** What is read of which layouts, from which cache. */
const WORK = /** @type {const} */ ([
  { what: 'whole', cache: 'warm', layouts: LAYOUTS.filter((layout) => layout !== 'raw-32') },
  { what: 'crops', cache: 'warm', layouts: ['raw-64', 'raw-32', 'sharded-32', 'lz4-32', 'lz4-64'] },
  { what: 'whole', cache: 'cold', layouts: ['raw-64', 'lz4-64', 'sharded-32'] },
  { what: 'crops', cache: 'cold', layouts: ['sharded-32'] },
]);
/** Too slow to be asked more than once, and too far away for more to matter. */
const SLOW = new Set(['zarrita', 'zarrita-lsio', 'zarr']);

/** @param {string} kind @param {string} python @param {string} module @param {'v2' | 'v3'} format */
function pythonReader(kind, python, module, format) {
  const has = existsSync(python) && spawnSync(python, ['-c', `import numpy, ${module}`]).status === 0;
  const command = [python, path.join(SCRIPTS, 'arrays/reader.py'), kind];
  return { name: kind, command, format, ...(!has && { why: `${python} has no ${module}` }) };
}

/** Writes what is not there. @returns {Record<string, any>} */
function prepare() {
  mkdirSync(options.dir, { recursive: true });
  const list = path.join(options.dir, `origins-${size.log2}.json`);
  if (!existsSync(path.join(data, 'expected.json'))) {
    writeFileSync(list, JSON.stringify(origins));
    process.stderr.write(`writing ${LAYOUTS.length} arrays of ${size.name} to ${data}\n`);
    const { status } = spawnSync(DEBIAN, [path.join(SCRIPTS, 'arrays/write.py'), data, String(size.log2), list], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error('the data could not be written');
  }
  if (JSON.stringify(JSON.parse(readFileSync(list, 'utf8'))) !== JSON.stringify(origins)) {
    throw new Error(`${data} was made for other crops: remove it`);
  }
  return JSON.parse(readFileSync(path.join(data, 'expected.json'), 'utf8'));
}

/** A reader in a process of its own, which keeps its array open. */
class Reader {
  /** @param {{ name: string, command: string[] }} reader @param {string} array */
  constructor({ name, command }, array) {
    this.name = name;
    const [program = '', ...args] = command;
    this.child = spawn(program, [...args, array], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {object} command @returns {Promise<any>} */
  async ask(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended`);
    return JSON.parse(value);
  }

  close() {
    this.child.kill();
  }
}

/** @param {string} directory */
function evict(directory) {
  spawnSync(process.execPath, [LSIO, 'cache', 'evict', directory], { stdio: 'ignore' });
}

/** Reads the files of an array, and forgets them. @param {string} directory */
function discard(directory) {
  const { stdout } = spawnSync(process.execPath, [LSIO, 'get', '-r', directory, '--discard', '--json', '--no-items'], {
    encoding: 'utf8',
  });
  return { seconds: JSON.parse(stdout).wallNs / 1e9, cpuSeconds: Number.NaN };
}

/**
 * One table: each reader once a round, in turn.
 *
 * @param {{ what: 'whole' | 'crops', cache: 'warm' | 'cold', layout: string, expected: Record<string, any> }} work
 * @returns {Promise<ArraysRow[]>}
 */
async function measure({ what, cache, layout, expected }) {
  const directory = path.join(data, 'v3', layout);
  const wanted = READERS.filter(({ name, format, why }) => {
    const fits = format === 'v3' || layout !== 'sharded-32';
    const isAsked = what === 'whole' || name !== 'lsio-fresh';
    return why === undefined && fits && isAsked && (cache === 'warm' || !SLOW.has(name));
  });
  const shape = layout === 'era-lz4' ? expected.eraShape : expected.shape;
  const bytes =
    what === 'crops'
      ? size.crops * CROP ** 3 * 2
      : shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, layout === 'era-lz4' ? 4 : 2);
  const right = layout === 'era-lz4' ? expected.era : expected[what === 'crops' ? 'crops' : 'volume'];
  const command = { what, size: CROP, origins: what === 'crops' ? origins : [] };
  /** @type {(ArraysRow & { reader_: Reader | undefined })[]} */
  const rows = [];
  for (const reader of wanted) {
    const process_ = new Reader(reader, path.join(data, reader.format, layout));
    const { version } = await process_.ask({ ...command, do: 'ready' });
    const row = {
      what,
      cache,
      layout,
      reader: reader.name,
      version,
      bytes,
      seconds: [],
      cpuSeconds: [],
      verified: true,
    };
    rows.push({ ...row, reader_: process_ });
  }
  if (cache === 'cold' && what === 'whole') {
    const row = { what, cache, layout, reader: 'lsio get', version: lsioVersion(), bytes, seconds: [], cpuSeconds: [] };
    rows.push({ ...row, verified: true, reader_: undefined });
  }
  try {
    for (let round = -1; round < runs; round++) {
      for (const row of inTurn(rows, round)) {
        if (round > 0 && SLOW.has(row.reader)) continue;
        if (cache === 'cold') evict(directory);
        // Verified where the time does not count.
        const answer = row.reader_
          ? await row.reader_.ask({ ...command, do: 'run', hash: round < 0 })
          : discard(directory);
        if (round < 0) {
          if (answer.sha1 !== undefined) row.verified = answer.sha1 === right;
          continue;
        }
        row.seconds.push(answer.seconds);
        row.cpuSeconds.push(answer.cpuSeconds);
        if (answer.memoryBytes !== undefined) row.memoryBytes = answer.memoryBytes;
      }
    }
  } finally {
    for (const { reader_ } of rows) reader_?.close();
  }
  return rows.map(({ reader_: _, ...row }) => row);
}

/** `lsio info` of a store with 900 arrays, and `lsio get` of its metadata. @returns {ArraysResult['info']} */
function measureInfo() {
  const store = path.join(options.dir, '900.zarr');
  mkdirSync(store, { recursive: true });
  const array = JSON.parse(readFileSync(path.join(data, 'v3/sharded-32/zarr.json'), 'utf8'));
  const metadata = Object.fromEntries(
    Array.from({ length: 900 }, (_, i) => [
      `group/variable_${i}`,
      { ...array, attributes: { long_name: `Variable ${i}`, units: 'K' } },
    ]),
  );
  const consolidated_metadata = { kind: 'inline', must_understand: false, metadata };
  const file = path.join(store, 'zarr.json');
  writeFileSync(file, JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {}, consolidated_metadata }));
  /** @type {{ info: number[], get: number[] }} */
  const seconds = { info: [], get: [] };
  for (let round = -1; round < 10; round++) {
    for (const [name, args] of /** @type {const} */ ([
      ['info', ['info', store]],
      ['get', ['get', file]],
    ])) {
      const beganMs = performance.now();
      spawnSync(process.execPath, [LSIO, ...args], { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });
      if (round >= 0) seconds[name].push((performance.now() - beganMs) / 1000);
    }
  }
  return { arrays: 900, ...seconds };
}

async function main() {
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const expected = prepare();
  for (const { name, why } of READERS) if (why !== undefined) process.stderr.write(`${name}: left out, ${why}\n`);
  /** @type {ArraysResult} */
  const result = {
    schema: 'lsio.arrays/1',
    environment: describeEnvironment(data, lsioVersion(), null),
    size: size.name,
    crops: size.crops,
    runs,
    rows: [],
    info: measureInfo(),
  };
  for (const { what, cache, layouts } of WORK) {
    for (const layout of layouts) {
      if (!`${what} ${cache} ${layout}`.includes(options.only)) continue;
      const beganMs = performance.now();
      result.rows.push(...(await measure({ what, cache, layout, expected })));
      process.stderr.write(`${what} ${cache} ${layout}: ${((performance.now() - beganMs) / 1000).toFixed(0)} s\n`);
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
    }
  }
  process.stdout.write(renderArrays(result));
  if (result.rows.some(({ verified }) => !verified)) process.exitCode = 1;
}

await main();
