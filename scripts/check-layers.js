#!/usr/bin/env node
// Checks the layout that docs/architecture.md describes: ranks, cycles, unreferenced and overlong files, and that
// package.json's dependencies are those that are imported. Imports are found by regular expression and functions by
// indentation, which is sound because the same gate holds these files to biome's format. Usage: check-layers [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file imports from its own folder, from a folder of a lower rank, and between a folder and what is nested in it. A
 * nested folder has its parent's rank unless it has one of its own, so folders side by side don't import one another.
 * Files beside `index.ts` have rank 0.
 */
const RANKS = new Map(
  Object.entries({
    '': 0,
    results: 1,
    native: 1,
    plan: 1,
    paths: 2,
    threads: 2,
    array: 1,
    kernels: 2,
    memory: 2,
    codec: 3,
    uring: 3,
    engine: 4,
    sim: 4.5,
    read: 5,
    store: 6,
    output: 7,
    workload: 7,
    fio: 8,
    formats: 8,
    compute: 9,
    bench: 10,
    report: 11,
    'cli/app': 12,
    'cli/get': 13,
    'cli/bench': 13,
    'cli/system': 13,
    'cli/array': 13,
    cli: 14,
    index: 14,
  }),
);
const ENTRY_POINTS = ['src/index.ts', 'src/cli/main.ts'];
const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;

/** Never compiled into dist: tests, and what only tests import (tsconfig.build.json excludes the same names). */
const TEST_ONLY = /(^src\/sim\/|^test\/|^scripts\/|\.test\.ts$|\.testing\.ts$|\/conformance[^/]*\.ts$)/;

const IMPORTS = [
  { kind: 'import', pattern: /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm },
  { kind: 'import', pattern: /^\s*import\s*['"]([^'"]+)['"]/gm },
  { kind: 'import', pattern: /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g },
  // A worker's entry point is reached by its URL; the worker may import back what its owner imports.
  { kind: 'url', pattern: /\bnew URL\(\s*['"](\.[^'"]+)['"],\s*import\.meta\.url/g },
];

/**
 * @typedef {{ kind: string, specifier: string, target: string | undefined, line: number }} Import
 * @typedef {{ name: string, lines: string[], imports: Import[] }} SourceFile
 */

const root = path.resolve(process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));
const files = new Map(sourceNames().map((name) => [name, readSource(name)]));
/** @type {string[]} */
const problems = [];

if (![...files.keys()].some((name) => name.startsWith('src/'))) {
  report('src', 1, 'no source files', 'pass the root of the project');
}
for (const file of files.values()) {
  checkImports(file);
  checkLengths(file);
}
checkCycles();
checkReferences();
checkDependencies();

for (const problem of problems.sort()) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

/** @param {string} name @param {number} line @param {string} what @param {string} remedy */
function report(name, line, what, remedy) {
  problems.push(`${name}:${line}: ${what}, ${remedy}`);
}

function sourceNames() {
  return (
    ['src', 'test', 'scripts', 'bin']
      .filter((folder) => existsSync(path.join(root, folder)))
      .flatMap((folder) =>
        readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          `${folder}/${name}`.replaceAll(path.sep, '/'),
        ),
      )
      .filter((name) => /\.(ts|js|sh)$/.test(name))
      // AssemblyScript: scripts/build-kernels compiles it, and nothing imports it.
      .filter((name) => !name.startsWith('src/kernels/assembly/'))
      .sort()
  );
}

/** @param {string} name @returns {SourceFile} */
function readSource(name) {
  const text = readFileSync(path.join(root, name), 'utf8');
  // Comments are blanked, not cut out, so that offsets still give line numbers.
  const code = text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  const imports = IMPORTS.flatMap(({ kind, pattern }) =>
    [...code.matchAll(pattern)].map((match) => {
      const specifier = match[1] ?? '';
      const line = code.slice(0, match.index + match[0].length).split('\n').length;
      return { kind, specifier, target: resolve(name, specifier), line };
    }),
  );
  return { name, lines: text.split('\n'), imports };
}

/** @param {string} from @param {string} specifier */
function resolve(from, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const target = path.posix.join(path.posix.dirname(from), specifier);
  const asTypeScript = target.replace(/\.js$/, '.ts');
  return existsSync(path.join(root, asTypeScript)) ? asTypeScript : target;
}

/** @param {string} name */
function folderOf(name) {
  if (/^src\/index(\.test)?\.ts$/.test(name)) return 'index';
  return name.split('/').slice(1, -1).join('/');
}

/** The rank of the nearest folder that has one. @param {string} folder @returns {number | undefined} */
function rankOf(folder) {
  const rank = RANKS.get(folder);
  if (rank !== undefined || !folder.includes('/')) return rank;
  return rankOf(path.posix.dirname(folder));
}

/** @param {string} one @param {string} other */
function isNested(one, other) {
  return one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/** @param {SourceFile} file */
function checkImports({ name, imports }) {
  if (!name.startsWith('src/')) return;
  const folder = folderOf(name);
  const rank = rankOf(folder);
  if (rank === undefined) {
    report(name, 1, `folder src/${folder} has no rank`, 'give it one in scripts/check-layers.js');
    return;
  }
  for (const { specifier, target, line } of imports) {
    if (/^koffi(\/|$)/.test(specifier) && folder.split('/')[0] !== 'native') {
      report(name, line, 'imports koffi', 'only src/native may: move the binding there');
    }
    if (target === undefined || target === 'package.json') continue;
    if (!target.startsWith('src/')) {
      if (!TEST_ONLY.test(name)) report(name, line, `imports ${target}`, 'src may import from src only');
      continue;
    }
    const targetFolder = folderOf(target);
    const targetRank = rankOf(targetFolder);
    // Between a folder and a nested one of its rank both directions are open; a circle of files is found below.
    const isFamily = targetFolder === folder || (isNested(targetFolder, folder) && targetRank === rank);
    if (!isFamily && targetRank !== undefined && targetRank >= rank) {
      const ranks = `rank ${targetRank} from rank ${rank}`;
      report(name, line, `imports ${target} (${ranks})`, 'move one of them or what both need to a lower rank');
    }
    if (TEST_ONLY.test(target) && !TEST_ONLY.test(name)) {
      report(name, line, `imports ${target}, which is only for tests`, 'move what it needs to a file that is shipped');
    }
  }
}

/** @param {SourceFile} file */
function checkLengths({ name, lines }) {
  // A list of cases is as long as there are cases.
  if (TEST_ONLY.test(name)) return;
  const lineCount = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (lineCount > FILE_LINES_MAX && !lines.slice(0, 5).some((line) => /^(\/\/|#|\s*\*) long: \S/.test(line))) {
    report(
      name,
      1,
      `${lineCount} lines`,
      `split it (at most ${FILE_LINES_MAX}) or say why at its top: // long: reason`,
    );
  }
  if (name.endsWith('.sh')) return;
  for (let start = 0; start < lines.length; start++) {
    const end = functionEnd(lines, start);
    if (end === undefined || end - start + 1 <= FUNCTION_LINES_MAX) continue;
    if (!hasReason(lines, start)) {
      const remedy = `split it (at most ${FUNCTION_LINES_MAX}) or say why above it: // long: reason`;
      report(name, start + 1, `a function of ${end - start + 1} lines`, remedy);
    }
    start = end;
  }
}

/**
 * The line that closes the function whose body opens at the end of line `start`. An `if` or a loop looks the same
 * as a method to the pattern, which does no harm: a block that is too long stands in a function that is too long.
 * @param {string[]} lines @param {number} start
 */
function functionEnd(lines, start) {
  const line = lines[start] ?? '';
  if (!/(\)|\): .+|=>|^\s*\}>) \{$/.test(line)) return undefined;
  const indent = indentOf(line);
  const end = lines.findIndex((other, i) => i > start && other.startsWith('}', indent) && indentOf(other) === indent);
  return end < 0 ? undefined : end;
}

/** @param {string} line */
function indentOf(line) {
  return line.length - line.trimStart().length;
}

/** @param {string[]} lines @param {number} start */
function hasReason(lines, start) {
  const indent = indentOf(lines[start] ?? '');
  // The signature may span lines: its first one has the body's indentation and doesn't begin with a bracket.
  let above = start;
  while (above > 0 && (indentOf(lines[above] ?? '') > indent || /^\s*[)}\]]/.test(lines[above] ?? ''))) above--;
  for (above--; above >= 0 && /^\s*(\/\/|\/\*|\*)/.test(lines[above] ?? ''); above--) {
    if (/\blong: \S/.test(lines[above] ?? '')) return true;
  }
  return false;
}

/** Reports each group of files that import one another once, by one shortest circle. */
function checkCycles() {
  /** @type {Set<string>} */
  const reported = new Set();
  for (const name of files.keys()) {
    if (reported.has(name)) continue;
    const circle = shortestCircle(name);
    if (circle === undefined || circle.some((member) => reported.has(member))) continue;
    for (const member of circle) reported.add(member);
    const line = files.get(name)?.imports.find(({ target }) => target === (circle[1] ?? name))?.line ?? 1;
    report(name, line, `import cycle ${[...circle, name].join(' -> ')}`, 'move what they share to a file of its own');
  }
}

/** @param {string} name @returns {string[] | undefined} */
function shortestCircle(name) {
  /** @type {Set<string>} */
  const seen = new Set();
  const queue = [[name]];
  for (const trail of queue) {
    for (const { kind, target } of files.get(trail.at(-1) ?? '')?.imports ?? []) {
      if (kind === 'url' || target === undefined) continue;
      if (target === name) return trail;
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push([...trail, target]);
    }
  }
  return undefined;
}

/** What is shipped must be reachable from an entry point; what only tests import, from a test. */
function checkReferences() {
  const shipped = reachableFrom(ENTRY_POINTS);
  const tests = [...files.keys()].filter((name) => name.endsWith('.test.ts'));
  const tested = reachableFrom(tests);
  for (const name of files.keys()) {
    // A declaration file is found by the compiler, not imported.
    if (!name.startsWith('src/') || /\.(test|d)\.ts$/.test(name)) continue;
    if (TEST_ONLY.test(name)) {
      if (!tested.has(name)) report(name, 1, 'no test imports it', 'delete it or use it in a test');
    } else if (!shipped.has(name)) {
      report(name, 1, `not reachable from ${ENTRY_POINTS.join(' or ')}`, 'delete it or import it');
    }
  }
}

/** @param {string[]} names */
function reachableFrom(names) {
  const reached = new Set(names);
  for (const name of reached) {
    for (const { target } of files.get(name)?.imports ?? []) if (target !== undefined) reached.add(target);
  }
  return reached;
}

/** What is shipped imports what package.json declares, and all of it. The bundle holds what only the commands import. */
function checkDependencies() {
  const lines = readFileSync(path.join(root, 'package.json'), 'utf8').split('\n');
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = JSON.parse(lines.join('\n'));
  const unused = new Set(Object.keys(dependencies));
  for (const { name, imports } of files.values()) {
    if (!name.startsWith('src/') || TEST_ONLY.test(name)) continue;
    for (const { specifier, line } of imports) {
      if (/^(\.|node:)/.test(specifier)) continue;
      const dependency = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
      unused.delete(dependency);
      const bundled = name.startsWith('src/cli/') && dependency in devDependencies;
      if (!bundled && !(dependency in dependencies || dependency in peerDependencies)) {
        report(name, line, `imports ${dependency}, which is no dependency`, 'add it to package.json or do without');
      }
    }
  }
  for (const dependency of unused) {
    const line = lines.findIndex((text) => text.includes(`"${dependency}":`)) + 1;
    report('package.json', line, `nothing imports ${dependency}`, 'remove it from the dependencies');
  }
}
