#!/usr/bin/env node
// Checks what the documents say: relative links and their anchors lead somewhere, each command that the README shows
// exists, the examples of the library compile in strict TypeScript, and no file of the repository names a path of the machine it was written on. Usage: check-docs [root]
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MACHINE_PATH = /(?<![\w.])\/(?:work|root)\/\w/;

const PROJECT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = path.resolve(process.argv[2] ?? PROJECT);
/** @type {string[]} */
const problems = [];

for (const name of documentNames()) checkLinks(name);
checkCommands('README.md');
checkExamples(['README.md', 'docs/library.md']);
checkMachinePaths();

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

/** @param {string} name @param {number} line @param {string} what @param {string} remedy */
function report(name, line, what, remedy) {
  problems.push(`${name}:${line}: ${what}, ${remedy}`);
}

/** @param {string} name */
function linesOf(name) {
  return readFileSync(path.join(root, name), 'utf8').split('\n');
}

function documentNames() {
  const docs = path.join(root, 'docs');
  const names = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith('.md')) : [];
  const present = ['README.md', 'CHANGELOG.md', ...names.map((name) => `docs/${name}`)];
  return present.filter((name) => name === 'README.md' || existsSync(path.join(root, name)));
}

/** The lines of a document, each with whether it stands in a fenced code block. @param {string} name */
function markdownLines(name) {
  if (!existsSync(path.join(root, name))) {
    report(name, 1, 'missing', 'write it');
    return [];
  }
  let fenced = false;
  return linesOf(name).map((text, i) => {
    const fence = /^\s*```/.test(text);
    if (fence) fenced = !fenced;
    return { text, line: i + 1, fenced: fenced || fence };
  });
}

/** @param {string} name */
function checkLinks(name) {
  for (const { text, line, fenced } of markdownLines(name)) {
    if (fenced) continue;
    for (const [, url = ''] of text.replace(/`[^`]*`/g, '').matchAll(/\]\(<?([^)\s>]+)/g)) {
      if (/^[a-z]+:/.test(url)) continue;
      const [file = '', anchor] = url.split('#');
      const target = file === '' ? name : path.posix.join(path.posix.dirname(name), decodeURI(file));
      if (target.startsWith('..') || !existsSync(path.join(root, target))) {
        report(name, line, `link to ${url} leads nowhere`, 'mend or remove it');
      } else if (anchor && target.endsWith('.md') && !anchorsOf(target).has(anchor)) {
        report(name, line, `no heading in ${target} has the anchor #${anchor}`, 'mend or remove the link');
      }
    }
  }
}

/** The anchors that GitHub gives a document's headings. @param {string} name */
function anchorsOf(name) {
  const headings = markdownLines(name).filter(({ text, fenced }) => !fenced && /^#+ /.test(text));
  return new Set(
    headings.map(({ text }) =>
      text
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Asks the built program about each `lsio <command>` in code; without a build there is nothing to ask. @param {string} name */
function checkCommands(name) {
  const binary = path.join(root, 'bin/lsio.js');
  if (!existsSync(binary) || !existsSync(path.join(root, 'dist'))) return;
  /** @type {Map<string, number>} */
  const commands = new Map();
  for (const { text, line, fenced } of markdownLines(name)) {
    const code = fenced ? [text] : text.match(/`[^`]+`/g);
    for (const part of code ?? []) {
      const command = /^[`$+ ]*(?:npx )?(?:bin\/)?lsio(?:\.js)? ([a-z][a-z-]*)\b(?!:)/.exec(part)?.[1];
      if (command !== undefined && !commands.has(command)) commands.set(command, line);
    }
  }
  for (const [command, line] of commands) {
    if (spawnSync(process.execPath, [binary, command, '--help']).status !== 0) {
      report(name, line, `lsio has no command ${command}`, 'mend the text');
    }
  }
}

/** Compiles each example that imports the package, as its user would; without a build there is nothing to compile with. @param {string[]} names */
function checkExamples(names) {
  if (!existsSync(path.join(root, 'dist/index.d.ts'))) return;
  const directory = mkdtempSync(path.join(tmpdir(), 'check-docs-'));
  try {
    /** @type {Map<string, { name: string, line: number }>} */
    const files = new Map();
    for (const name of names.filter((file) => existsSync(path.join(root, file)))) {
      for (const { line, code } of examplesOf(name)) {
        files.set(`example-${files.size}.ts`, { name, line });
        writeFileSync(path.join(directory, `example-${files.size - 1}.ts`), code);
      }
    }
    mkdirSync(path.join(directory, 'node_modules'));
    symlinkSync(root, path.join(directory, 'node_modules/light-speed-io'));
    for (const peer of ['@types', 'zarrita', 'hyparquet', 'hyparquet-writer', 'geotiff']) {
      symlinkSync(path.join(PROJECT, 'node_modules', peer), path.join(directory, 'node_modules', peer));
    }
    writeFileSync(path.join(directory, 'package.json'), '{ "type": "module" }');
    const library = { lib: ['es2022', 'esnext.disposable'], types: ['node'], skipLibCheck: true };
    const compilerOptions = { ...library, target: 'es2022', module: 'nodenext', noEmit: true, strict: true };
    writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...files.keys()] }));
    const compiler = path.join(PROJECT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', directory], { encoding: 'utf8', cwd: directory });
    for (const [, file = '', at, what = ''] of stdout.matchAll(
      /^(example-\d+\.ts)\((\d+),\d+\): error TS\d+: (.*)$/gm,
    )) {
      const { name, line } = files.get(file) ?? { name: file, line: 0 };
      report(name, line + Number(at), `the example does not compile: ${what.replace(/\.$/, '')}`, 'mend it');
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The examples that import the package, each with the line before its first. @param {string} name */
function examplesOf(name) {
  const blocks = linesOf(name)
    .join('\n')
    .matchAll(/^```[jt]s\n(.*?)^```$/gms);
  return [...blocks]
    .map(({ 1: code = '', index }) => ({ code, line: linesOf(name).join('\n').slice(0, index).split('\n').length }))
    .filter(({ code }) => code.includes("from 'light-speed-io'"));
}

function checkMachinePaths() {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (git.status !== 0) {
    process.stderr.write('check-docs: not a git checkout, machine paths not looked for\n');
    return;
  }
  for (const name of git.stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)))) {
    const index = linesOf(name).findIndex((text) => MACHINE_PATH.test(text));
    if (index >= 0) report(name, index + 1, 'names a path of one machine', 'write it relative to the repository');
  }
}
