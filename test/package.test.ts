import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

interface Manifest {
  readonly bin: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  /** Of npm 11: whose install scripts may run. */
  readonly allowScripts: Record<string, boolean>;
}

function readJson(name: string) {
  return JSON.parse(readFileSync(path.join(ROOT, name), 'utf8'));
}

const manifest: Manifest = readJson('package.json');

/** The paths in the tarball. Scripts are left out: `prepack` would rebuild dist under the other tests. */
function packedFiles(): string[] {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [pack]: [{ files: { path: string }[] }] = JSON.parse(json);
  return pack.files.map((file) => file.path).sort();
}

/** What a build makes of src: two files for each module that isn't AssemblyScript or only for tests. */
function builtFiles() {
  return (
    readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/(\.(test|testing|d)\.ts|(^|\/)conformance[^/]*\.ts)$/.test(name))
      // The simulation is for tests only.
      .filter((name) => !name.startsWith('kernels/assembly/') && !name.startsWith('sim/'))
      .flatMap((name) => [`dist/${name.replace(/\.ts$/, '.js')}`, `dist/${name.replace(/\.ts$/, '.d.ts')}`])
  );
}

describe('package', () => {
  test('npm pack holds the program, its job files and its papers, and nothing else', () => {
    const jobs = readdirSync(path.join(ROOT, 'fio')).map((name) => `fio/${name}`);
    expect(jobs.filter((name) => !name.endsWith('.fio'))).toEqual([]);
    const schemas = readdirSync(path.join(ROOT, 'schemas')).map((name) => `schemas/${name}`);
    const papers = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json'];
    const program = ['bin/lsio.js', 'bin/package.json'];
    const bundle = readdirSync(path.join(ROOT, 'dist/bundle')).map((name) => `dist/bundle/${name}`);
    expect(bundle).toEqual(expect.arrayContaining(['dist/bundle/main.js', 'dist/bundle/child.js']));
    expect(packedFiles()).toEqual([...papers, ...program, ...jobs, ...schemas, ...bundle, ...builtFiles()].sort());
  });

  test('everything that package.json points to is packed', () => {
    const targets = [...Object.values(manifest.exports), manifest.bin].flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    expect(targets.length).toBeGreaterThanOrEqual(3);
    expect(packedFiles()).toEqual(expect.arrayContaining(targets.map((target) => path.posix.normalize(target))));
  });

  test('versions are exact, and the lock file has the same', () => {
    const { dependencies, devDependencies } = manifest;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      // A second TypeScript can't have that name: it is what a package of ours depends on.
      expect(version, name).toMatch(/^(\d+\.\d+\.\d+|file:tools\/[\w.-]+)$/);
    }
    expect(readJson('package-lock.json').packages['']).toMatchObject({ dependencies, devDependencies });
  });

  test('installing it runs no script', () => {
    expect(Object.keys(manifest.scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?(install|prepare)$/)]),
    );
  });

  test('every install script of a dependency is denied, and the tests pass without it', () => {
    const { packages }: { packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }> } =
      readJson('package-lock.json');
    const scripts = Object.entries(packages)
      .filter(([, { hasInstallScript, optional }]) => hasInstallScript === true && optional !== true)
      .map(([name]) => name.replace(/^.*node_modules\//, ''));
    expect(Object.fromEntries(scripts.map((name) => [name, false]))).toEqual(manifest.allowScripts);
  });
});
