#!/usr/bin/env node
/*
 * Measures GRIB and EUMETSAT native against the field's own tools: listing a cold file of 546 MB (grib_ls,
 * grib_index_build), a crop of a cold native file (satpy, GDAL), and each decoder (ecCodes' C library). Build first.
 * Needs Debian's gcc, libeccodes-dev, libeccodes-tools, gdal-bin and python3-satpy; what is missing is left out, and said.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeEnvironment } from '../dist/bench/environment.js';
import { lsioVersion } from '../dist/results/version.js';
import { compareDecoders, compileLoop } from './grib/decoders.js';
import { evict } from './grib/evict.js';
import { listedFile, nativeFile, unpacked } from './grib/make.js';
import { gribMarkdown } from './grib/report.js';

/** @typedef {import('./grib/report.js').FileRow} FileRow */

const USAGE = `scripts/bench-grib.js [options] [FILE[:FIELD]...]
  FILE          files whose decoders are measured (default: real ones of --fixtures)
  --dir DIR     where files of 0.9 GB are made, and kept (default: /tmp/lsio-grib)
  --fixtures DIR  real files (default: ../shared/fixtures/grib)
  --quick       fewer rounds: some minutes
  --only PART   list, crop or decoders
  --json FILE   save the document that scripts/results.js makes a page of
`;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string', default: '/tmp/lsio-grib' },
    fixtures: { type: 'string', default: path.join(import.meta.dirname, '../../shared/fixtures/grib') },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(USAGE);
  process.exit();
}
const LSIO = path.join(import.meta.dirname, '../bin/lsio.js');
const IN_PROCESS = path.join(import.meta.dirname, 'grib/in-process.js');
const SATPY = path.join(import.meta.dirname, 'grib/crop-satpy.py');
const PYTHON = '/usr/bin/python3';
const runs = options.quick ? 5 : 11;
const decoding = options.quick ? { rounds: 5, roundMs: 200 } : { rounds: 9, roundMs: 300 };
const DECODED = [
  'Z__C_RJTD_20190605000000_MEPS_GPV_Rjp_L-pall_FH00-15_grib2.bin.0-20:1.3',
  'ds.critfireo.bin:1',
  'gdas.t12z.pgrb2.0p25.f000.12:1',
  'gdas.t00z.sfluxgrbf000.grib2.0:1',
  'wind_solar_ind_0.125_20240521_12Z.grib2.0:1',
  'ds.minrh.bin:1',
  'CMC_glb_TMP_ISBL_1_latlon.24x.24_2021051800_P000.grib2:1',
  'MRMS_MergedRhoHV_19.00_20260219-042039.grib2:1',
  '20250912120000-0h-oper-fc.grib2.89:1',
  '20240101000000-0h-oper-fc.grib2.0-10:1',
];
// With it each start of Node 20 parses all certificates of the system: 40 ms for what reads no URL.
delete process.env.NODE_EXTRA_CA_CERTS;
mkdirSync(options.dir, { recursive: true });
const hasFixtures = existsSync(options.fixtures);
if (!hasFixtures) process.stderr.write(`no ${options.fixtures}: only FILE and the native file are measured\n`);

/** @type {FileRow[]} */
const files = [];
/** @type {import('./grib/report.js').DecoderRow[]} */
const decoders = [];
/** @type {{ list?: number, crop?: number }} */
const bytes = {};
if (isWanted('list') && hasFixtures) {
  const file = listedFile(options.fixtures, options.dir);
  bytes.list = statSync(file).size;
  const index = path.join(options.dir, 'built.idx');
  compareCommands('list', file, {
    lsio: [process.execPath, LSIO, 'grib', 'ls', '--index', 'none', file],
    grib_ls: ['grib_ls', '-p', 'offset:i,shortName,level', file],
    grib_index_build: ['grib_index_build', '-N', '-k', 'shortName,level', '-o', index, file],
  });
  inProcess('list', 'lsio', [process.execPath, IN_PROCESS, 'list', file, String(runs)]);
}
if (isWanted('crop')) {
  const file = await nativeFile(options.dir);
  bytes.crop = statSync(file).size;
  const [npy, tif] = ['crop.npy', 'crop.tif'].map((name) => path.join(options.dir, name));
  const isel = ['-a', 'IR_108', '--isel', 'y=300:672,x=1500:2114'];
  const window = ['-srcwin', '1500', '300', '614', '372'];
  compareCommands('crop', file, {
    lsio: [process.execPath, LSIO, 'read', file, ...isel, '-o', npy ?? '', '--overwrite', '--quiet'],
    satpy: [PYTHON, SATPY, file, '1'],
    gdal_translate: ['gdal_translate', '-q', '-b', '9', ...window, file, tif ?? ''],
  });
  inProcess('crop', 'lsio', [process.execPath, IN_PROCESS, 'crop', file, String(runs)]);
  inProcess('crop', 'satpy', [PYTHON, SATPY, file, String(runs)]);
}
if (isWanted('decoders')) {
  const program = compileLoop(options.dir);
  const named = positionals.length > 0 || !hasFixtures ? positionals : DECODED;
  for (const argument of named) {
    const [name = '', number = '1'] = argument.split(/:(?=[\d.]+$)/);
    const file = positionals.length > 0 ? name : unpacked(options.fixtures, name, options.dir);
    decoders.push(await compareDecoders(program, file, number, decoding));
  }
}
const environment = describeEnvironment(options.dir, lsioVersion(), null);
/** @type {import('./grib/report.js').GribResult} */
const result = { schema: 'lsio.bench-grib/1', environment, bytes, files, decoders };
process.stdout.write(gribMarkdown(result));
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);

/** @param {'list' | 'crop' | 'decoders'} part */
function isWanted(part) {
  return options.only === undefined || options.only === part;
}

/** Whole commands, in turn. @param {FileRow['what']} what @param {string} file @param {Record<string, string[]>} commands */
function compareCommands(what, file, commands) {
  const usable = Object.entries(commands).filter(([reader, command]) => works(reader, command));
  const rows = usable.map(([reader, command]) => ({ row: { what, reader, inProcess: false, ms: [] }, command }));
  for (let run = 0; run < runs; run++) {
    for (const { row, command } of rows) {
      evict(file);
      const begin = performance.now();
      runCommand(command);
      /** @type {number[]} */ (row.ms).push(performance.now() - begin);
    }
  }
  files.push(...rows.map(({ row }) => row));
}

/** @param {string} reader @param {string[]} command */
function works(reader, command) {
  const { status, stderr } = spawnSync(command[0] ?? '', command.slice(1), { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) process.stderr.write(`${reader} is left out: ${stderr ?? 'it is not there'}\n`);
  return status === 0;
}

/** @param {string[]} command */
function runCommand([program = '', ...args]) {
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

/** @param {FileRow['what']} what @param {string} reader @param {string[]} command */
function inProcess(what, reader, [program = '', ...args]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(`${reader} in the process is left out: ${stderr}\n`);
    return;
  }
  files.push({ what, reader, inProcess: true, ...JSON.parse(stdout) });
}
