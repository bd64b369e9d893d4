import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, ROOT } from './helpers/engine-child.js';

/** Prints what a run of lsio loads: files by their path in the package, and modules of Node. */
const COUNTER = `
const before = new Set(process.moduleLoadList);
process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  const modules = process.moduleLoadList.filter((name) => !before.has(name));
  require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({ files, modules }));
});`;

interface Loaded {
  readonly files: readonly string[];
  readonly modules: readonly string[];
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-start-'));
  writeFileSync(path.join(directory, 'counter.cjs'), COUNTER);
  writeFileSync(path.join(directory, 'file'), 'position-dependent');
  writeFileSync(path.join(directory, 'requests.jsonl'), '{"path":"file","offset":1,"length":3}\n');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function loadedBy(args: readonly string[], cwd = ROOT): Loaded {
  const counts = path.join(directory, 'loaded.json');
  const { status, stderr } = spawnSync(
    process.execPath,
    ['-r', path.join(directory, 'counter.cjs'), path.join(ROOT, 'bin/lsio.js'), ...args],
    { cwd, encoding: 'utf8', env: { ...process.env, LOADED: counts } },
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { files, modules } = JSON.parse(readFileSync(counts, 'utf8'));
  return { files: files.map((file: string) => path.relative(ROOT, file)), modules };
}

const skip = process.env.NODE_V8_COVERAGE === undefined ? undefined : 'to count branches, code is not cached';

describe.skipIf(skip !== undefined)(named('start-up', skip), () => {
  test('--version loads two files, and no module of Node', () => {
    const { files, modules } = loadedBy(['--version']);
    expect(files).toEqual(['bin/lsio.js', 'dist/bundle/main.js']);
    expect(modules.filter((name) => /child_process|net|stream$|worker_threads|promises|perf_hooks/.test(name))).toEqual(
      [],
    );
  });

  test.each<[what: string, args: readonly string[]]>([
    ['a file', ['file', '--discard']],
    ['a directory', ['-r', '.', '--discard']],
    ['a list of requests', ['--requests', 'requests.jsonl', '--discard']],
    ['a file into a directory', ['file', '-o', 'out', '--overwrite']],
    ['a file by two rings', ['file', '--rings', '2', '--discard']],
  ])('get of %s loads its chunk and koffi, and nothing that starts processes', (_, args) => {
    const { files, modules } = loadedBy(['get', ...args], directory);
    const own = files.filter((file) => !/node_modules\/(koffi|@koromix)\//.test(file));
    expect(own).toEqual([
      'bin/lsio.js',
      ...['main', 'get', 'rolldown-runtime'].map((name) => `dist/bundle/${name}.js`),
    ]);
    expect(modules).not.toContain('NativeModule child_process');
    // Lists and directories are read by it.
    if (!args[0]!.startsWith('-')) expect(modules).not.toContain('NativeModule fs/promises');
  });

  test('info loads the chunk of arrays besides', () => {
    const { files } = loadedBy(['info', 'src/formats/zarr/zarr-v3.fixture.zip']);
    const chunks = files.filter((file) => file.startsWith('dist/bundle/')).map((file) => path.basename(file, '.js'));
    expect(chunks).toEqual(expect.arrayContaining(['main', 'get', 'array', 'rolldown-runtime']));
    expect(chunks.length).toBeLessThanOrEqual(8);
    // Neither what reads GRIB files, nor what finds patterns.
    expect(chunks).not.toContain('grib');
    expect(files.filter((file) => file.includes('tinyglobby'))).toEqual([]);
  });

  test('Node takes the code caches, unless they are of another version', () => {
    // In a process of its own: Node refuses them when it runs with flags of V8, as tests do.
    const program = `
      const { readFileSync } = require('node:fs');
      const { Script } = require('node:vm');
      // A cache begins with a magic number and a hash of V8's version.
      const version = (cache) => cache.readUInt32LE(4);
      const own = version(new Script('0').createCachedData());
      for (const chunk of ['get', 'grib', 'array']) {
        const file = 'dist/bundle/' + chunk;
        const source = readFileSync(file + '.code.js', 'latin1');
        const cachedData = readFileSync(file + '.cache');
        console.log(new Script(source, { cachedData }).cachedDataRejected === (version(cachedData) !== own));
      }`;
    const { stdout } = spawnSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).toBe('true\ntrue\ntrue\n');
  });

  test.each([
    ['damaged', (file: string) => writeFileSync(file, Buffer.alloc(5000, 7))],
    ['missing', (file: string) => rmSync(file)],
  ])('a %s code cache does no harm', (name, spoil) => {
    const copy = path.join(directory, name);
    mkdirSync(path.join(copy, 'dist'), { recursive: true });
    for (const each of ['bin', 'dist/bundle', 'package.json'])
      cpSync(path.join(ROOT, each), path.join(copy, each), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    spoil(path.join(copy, 'dist/bundle/get.cache'));
    const { status, stdout } = spawnSync(process.execPath, [
      path.join(copy, 'bin/lsio.js'),
      'get',
      path.join(directory, 'file'),
    ]);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: 'position-dependent' });
  });
});
