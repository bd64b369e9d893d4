#!/usr/bin/env node
/*
 * Makes dist/bundle out of dist: the program in a few files that Node loads by require. As ES modules, or in a hundred
 * small files, it takes tens of milliseconds longer to start. The library stays as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';

/**
 * Chunks of the program, and the modules in each. A chunk takes along what its modules import, unless a chunk above has
 * it. The rest is split by use. test/start-up.test.ts counts what is loaded.
 */
const CHUNKS = {
  /** All of `lsio --version`. */
  main: ['cli/main.js'],
  /** All of `lsio get` of files and directories on io_uring: the command that is run the most. */
  get: [
    'cli/program.js',
    'cli/app/context.js',
    'cli/get/get.js',
    'engine/open.js',
    'uring/io-uring.js',
    'uring/probe.js',
    'memory/slab-memory.js',
    'native/wake.js',
    'paths/walk.js',
    'native/directory.js',
    'plan/order.js',
    'threads/thread.js',
    'uring/thread-queues.js',
    'output/output-dir.js',
    'cli/get/requests.js',
  ],
  /** Patterns of paths. */
  globs: ['paths/globs.js', 'paths/expand-glob.js'],
  /** Options of every command that reads arrays: without them they need not load what follows. */
  fields: ['cli/array/field-options.js'],
  /** `lsio grib`, and what arrays of GRIB files share with it: a listing takes less time than loading all of arrays. */
  grib: ['cli/array/grib.js', 'cli/array/grib-ls.js'],
  /** The commands that read arrays. */
  array: ['info', 'read', 'stats', 'series', 'merge', 'refs'].map((name) => `cli/array/${name}.js`),
};

/**
 * Chunks that are loaded from V8's code cache, and command lines that have their functions compiled first. A Node of
 * another version or with other flags refuses the cache and compiles the source.
 */
const CACHED = {
  get: [['get', '-r', 'bin', '--discard', '--quiet', '--rings', '2']],
  grib: [['grib', 'ls', 'dist/bundle/field.grib2']],
  array: [
    ['info', 'src/formats/zarr/zarr-v3.fixture.zip'],
    ['read', 'dist/bundle/field.grib2', '--isel', 'latitude=0:1', '-o', 'dist/bundle/field.npy', '--quiet'],
    [
      'read',
      'dist/bundle/image.nat',
      '-a',
      'IR_108',
      '--isel',
      'y=2:9,x=1:5',
      '-o',
      'dist/bundle/image.npy',
      '--quiet',
    ],
  ],
};

/** A GRIB message of 2 x 2 points. */
const FIELD =
  'R1JJQgAAAAIAAAAAAAAAtQAAABUBAAcAAAIBAQfoAh0GAAAAAQAAAEgDAAAAAAQAAAAABgAAAAAAAAAAAAAAAAAAAAAAAAIAAAACAAAAAP////8Dk4cAAJiWgDADhETAAKfYwAAPQkAAD0JAAAAAACIEAAAAAAAAAgBgAAAAAQAAAAZkAAAAw1D///////8AAAAVBQAAAAQAAAAAAAAAAAAAAwAAAAAGBv8AAAAHBynANzc3Nw==';

/** What is started as a process or thread of its own, under these names: each is one file, and shares none. */
const STARTED = {
  child: 'dist/bench/child.js',
  'ring-thread': 'dist/uring/ring-thread.js',
  'writer-thread': 'dist/output/writer-thread.js',
  'array-thread': 'dist/compute/workers/array-thread.js',
};

/** Modules that take milliseconds to load, and which most runs do not call: loaded at the first call. */
const LAZY = [
  ...['child_process', 'crypto', 'fs/promises', 'net', 'perf_hooks', 'tty', 'worker_threads', 'zlib'].map(
    (name) => `node:${name}`,
  ),
  'tinyglobby',
  './grib.js',
];

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const shared = {
  platform: /** @type {const} */ ('node'),
  external: Object.keys(dependencies),
  logLevel: /** @type {const} */ ('warn'),
  // A library's user loads io_uring when it is needed; here it is in the chunk of `get` anyway.
  checks: { ineffectiveDynamicImport: false },
};
/** Whether tsc was told to write maps: then the bundle's lead to the sources, too. scripts/long/coverage asks for them. */
const sourcemap = existsSync('dist/index.js.map');
const output = {
  dir: 'dist/bundle',
  sourcemap,
  // Code that is put together in other ways has other branches.
  ...(sourcemap && { minify: false }),
  format: /** @type {const} */ ('cjs'),
  chunkFileNames: '[name].js',
  comments: false,
};

/** Rolldown itself takes no notice of the maps of what it reads. */
const maps = sourcemap ? [{ name: 'maps', load: withMap }] : [];

await build([
  {
    ...shared,
    input: { main: 'dist/cli/main.js' },
    preserveEntrySignatures: 'allow-extension',
    plugins: sourcemap ? maps : [lazyModules()],
    output: { ...output, codeSplitting: { groups: groups() } },
  },
  ...Object.entries(STARTED).map(([name, file]) => ({
    ...shared,
    input: { [name]: file },
    plugins: maps,
    output: { ...output, codeSplitting: false },
  })),
]);
for (const file of readdirSync('dist/bundle')) toAscii(`dist/bundle/${file}`);
writeFileSync('dist/bundle/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/bundle/field.grib2', Buffer.from(FIELD, 'base64'));
writeFileSync('dist/bundle/image.nat', await nativeImage());
for (const [chunk, commands] of Object.entries(CACHED)) cache(`dist/bundle/${chunk}`, commands);
for (const name of ['field.grib2', 'field.npy', 'image.nat', 'image.npy']) rmSync(`dist/bundle/${name}`);

/** A EUMETSAT native image of 12 lines, by the writer of the tests. */
async function nativeImage() {
  const writer = 'dist/bundle/writer.mjs';
  await build({ ...shared, input: 'src/formats/nat/write.testing.ts', output: { file: writer, format: 'esm' } });
  const { nativeFile } = await import(path.resolve(writer));
  rmSync(writer);
  return nativeFile({ count: () => 500, south: 1000, north: 1011, east: 2001, west: 2020 });
}

/** In ASCII: a source with wider characters takes twice the memory, and a millisecond longer. @param {string} file */
function toAscii(file) {
  const escaped = (/** @type {string} */ unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped));
}

/**
 * Moves a chunk to FILE.code.js, beside its cache, and puts a loader in its place.
 *
 * @param {string} file without its ending
 * @param {readonly (readonly string[])[]} commands run one after the other, in one process
 */
function cache(file, commands) {
  const name = path.basename(file);
  const code = readFileSync(`${file}.js`, 'utf8');
  // Node does not import from cached code: such a module must be imported itself, and so have a chunk of its own.
  if (code.includes('import(')) throw new Error(`${file}.js imports a package at run time`);
  // As a whole function: a text that is put together takes longer.
  writeFileSync(`${file}.code.js`, `(function (exports, require, module, __filename, __dirname) {${code}\n})`);
  writeFileSync(
    `${file}.js`,
    loader(name, `process.on('exit', () => writeFileSync(file + '.cache', script.createCachedData()));`),
  );
  // It leaves a cache of less where it can't read, as without io_uring.
  const run = `(async () => { for (const args of ${JSON.stringify(commands)}) await main(args); })()`;
  spawnSync(process.execPath, ['-e', `const { main } = require('./dist/bundle/main.js'); ${run}`]);
  statSync(`${file}.cache`);
  writeFileSync(`${file}.js`, loader(name, ''));
}

/** @param {string} name @param {string} last a statement */
function loader(name, last) {
  return `const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');
const file = __dirname + '/${name}';
const filename = file + '.code.js';
let cachedData;
try {
  cachedData = readFileSync(file + '.cache');
} catch {}
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
script.runInThisContext()(exports, require, module, __filename, __dirname);
${last}
`;
}

/** @param {string} id */
function withMap(id) {
  return existsSync(`${id}.map`)
    ? { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
    : undefined;
}

/** @returns {import('rolldown').CodeSplittingGroup[]} */
function groups() {
  return Object.entries(CHUNKS).map(([name, modules], at) => {
    const ids = modules.map((module) => path.resolve('dist', module));
    for (const id of ids) statSync(id);
    return { name, debugName: name, test: (id) => ids.includes(id), priority: Object.keys(CHUNKS).length - at };
  });
}

/** @returns {import('rolldown').Plugin} */
function lazyModules() {
  const names = LAZY.map((name) => name.replaceAll('.', '\\.')).join('|');
  const required = new RegExp(`^\\s*(?:let|const) (\\w+) = (require\\("(?:${names})"\\));$`, 'gm');
  return {
    name: 'lazy-modules',
    renderChunk: (code) => code.replace(required, 'let $1 = new Proxy({}, { get: (_, name) => ($1 = $2)[name] });'),
  };
}
