import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const CHECK_LAYERS = path.resolve(import.meta.dirname, 'check-layers');
const temporary: string[] = [];

afterAll(() => {
  for (const root of temporary) rmSync(root, { recursive: true });
});

/** Runs the check over a tree made of `files` and a small sound one, and gives its lines. */
function check(files: Record<string, string> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'check-layers-'));
  temporary.push(root);
  const sound = {
    'package.json': '{ "dependencies": { "koffi": "1.0.0" } }\n',
    'src/errors.ts': 'export class LsioError extends Error {}\n',
    'src/native/libc.ts': "import koffi from 'koffi';\nexport const libc = koffi.load('libc.so.6');\n",
    'src/plan/plan.ts': "import { LsioError } from '../errors.js';\nexport const plan = LsioError;\n",
    'src/uring/ring.ts': "import { libc } from '../native/libc.js';\nexport const ring = libc;\n",
    'src/uring/ring.test.ts': "import { ring } from './ring.js';\n",
    'src/cli/main.ts': "import '../errors.js';\nimport '../native/libc.js';\n",
    'src/index.ts': "export * from './plan/plan.js';\nexport * from './uring/ring.js';\n",
  };
  for (const [name, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const { status, stdout, stderr } = spawnSync(CHECK_LAYERS, [root], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return { status, lines: stderr.split('\n').filter((line) => line !== '') };
}

function longFunction(lineCount: number) {
  return `function long(\n  a: number,\n): number {\n${'  a++;\n'.repeat(lineCount - 3)}  return a;\n}\n`;
}

describe('check-layers', () => {
  test('a sound tree passes without a word', () => {
    expect(check()).toEqual({ status: 0, lines: [] });
  });

  test.each([
    {
      what: 'an import from a higher rank',
      files: { 'src/plan/plan.ts': "// Why.\nimport { ring } from '../uring/ring.js';\nexport const plan = ring;\n" },
      line: /^src\/plan\/plan\.ts:2: imports src\/uring\/ring\.ts \(rank 3 from rank 1\), move/,
    },
    {
      what: 'an import from another folder of the same rank',
      files: { 'src/plan/plan.ts': "import { libc } from '../native/libc.js';\nexport const plan = libc;\n" },
      line: /^src\/plan\/plan\.ts:1: imports src\/native\/libc\.ts \(rank 1 from rank 1\), move/,
    },
    {
      what: 'a type import from a higher rank, over several lines',
      files: {
        'src/errors.ts': "import type {\n  libc,\n} from './native/libc.js';\nexport type LsioError = 1;\n",
      },
      line: /^src\/errors\.ts:3: imports src\/native\/libc\.ts \(rank 1 from rank 0\), move/,
    },
    {
      what: 'a dynamic import from a higher rank',
      files: { 'src/plan/plan.ts': "export async function plan() {\n  return await import('../uring/ring.js');\n}\n" },
      line: /^src\/plan\/plan\.ts:2: imports src\/uring\/ring\.ts \(rank 3/,
    },
    {
      what: 'an import of index.ts by a file beside it',
      files: {
        'src/errors.ts': "export { plan } from './index.js';\nexport class LsioError {}\n",
        'src/plan/plan.ts': 'export const plan = 1;\n',
      },
      line: /^src\/errors\.ts:1: imports src\/index\.ts \(rank 14 from rank 0\), move/,
    },
    {
      what: 'an import between nested folders of the same rank',
      files: {
        'src/store/store.ts': "export * from './local/local.js';\nexport * from './http/http.js';\n",
        'src/store/local/local.ts': 'export const local = 1;\n',
        'src/store/http/http.ts': "export { local as http } from '../local/local.js';\n",
        'src/cli/main.ts': "import '../errors.js';\nimport '../native/libc.js';\nimport '../store/store.js';\n",
      },
      line: /^src\/store\/http\/http\.ts:1: imports src\/store\/local\/local\.ts \(rank 6 from rank 6\), move/,
    },
    {
      what: 'an import of a nested folder with a higher rank by its sibling',
      files: {
        'src/cli/app/exit.ts': "export * from '../get/get.js';\n",
        'src/cli/get/get.ts': 'export const get = 1;\n',
        'src/cli/main.ts': "import '../errors.js';\nimport '../native/libc.js';\nimport './app/exit.js';\n",
      },
      line: /^src\/cli\/app\/exit\.ts:1: imports src\/cli\/get\/get\.ts \(rank 13 from rank 12\), move/,
    },
    {
      what: 'an unknown folder',
      files: { 'src/misc/misc.ts': 'export {};\n', 'src/plan/plan.ts': "export * from '../misc/misc.js';\n" },
      line: /^src\/misc\/misc\.ts:1: folder src\/misc has no rank, give it one/,
    },
    {
      what: 'an import from outside src',
      files: { 'src/errors.ts': "export * from '../test/help.js';\n", 'test/help.ts': 'export class LsioError {}\n' },
      line: /^src\/errors\.ts:1: imports test\/help\.ts, src may import from src only/,
    },
    {
      what: 'koffi outside src/native',
      files: { 'src/uring/ring.ts': "import koffi from 'koffi';\nexport const ring = koffi;\n" },
      line: /^src\/uring\/ring\.ts:1: imports koffi, only src\/native may/,
    },
    {
      what: 'an import of what package.json does not declare',
      files: { 'src/errors.ts': "import type { A } from '@a/b/c';\nimport 'node:fs';\nexport class LsioError {}\n" },
      line: /^src\/errors\.ts:1: imports @a\/b, which is no dependency/,
    },
    {
      what: 'a dependency for development, which only the commands are bundled with',
      files: {
        'package.json': '{ "dependencies": { "koffi": "1.0.0" }, "devDependencies": { "commander": "1.0.0" } }\n',
        'src/errors.ts': "import 'commander';\nexport class LsioError {}\n",
        'src/cli/main.ts': "import 'commander';\n",
      },
      line: /^src\/errors\.ts:1: imports commander, which is no dependency/,
    },
    {
      what: 'a dependency that only a test imports',
      files: {
        'package.json': '{ "dependencies": {\n"koffi": "1.0.0",\n"pino": "1.0.0" } }\n',
        'src/uring/ring.test.ts': "import 'pino';\n",
      },
      line: /^package\.json:3: nothing imports pino, remove it/,
    },
    {
      what: 'an unreferenced file, even when it has a test',
      files: { 'src/plan/idle.ts': 'export {};\n', 'src/plan/idle.test.ts': "import './idle.js';\n" },
      line: /^src\/plan\/idle\.ts:1: not reachable from src\/index\.ts or src\/cli\/main\.ts, delete it/,
    },
    {
      what: 'an import in a comment, which is none',
      files: {
        'src/plan/idle.ts': 'export {};\n',
        'src/errors.ts': "// import './plan/idle.js';\nexport class LsioError {}\n",
      },
      line: /^src\/plan\/idle\.ts:1: not reachable/,
    },
    {
      what: 'a conformance suite that no test imports',
      files: { 'src/plan/conformance.ts': 'export {};\n' },
      line: /^src\/plan\/conformance\.ts:1: no test imports it/,
    },
    {
      what: 'a shipped file that imports one only for tests',
      files: {
        'src/plan/plan.ts': "export * from './plan.testing.js';\n",
        'src/plan/plan.testing.ts': 'export const plan = 1;\n',
        'src/plan/plan.test.ts': "import './plan.testing.js';\n",
      },
      line: /^src\/plan\/plan\.ts:1: imports src\/plan\/plan\.testing\.ts, which is only for tests/,
    },
    {
      what: 'a file that is too long',
      files: { 'src/errors.ts': `export class LsioError {}\n${'// A line.\n'.repeat(300)}` },
      line: /^src\/errors\.ts:1: 301 lines, split it/,
    },
    {
      what: 'a function that is too long',
      files: { 'src/errors.ts': `export class LsioError {}\n\n${longFunction(71)}` },
      line: /^src\/errors\.ts:5: a function of 71 lines, split it/,
    },
    {
      what: 'a long reason for the file, which is none for its function',
      files: { 'src/errors.ts': `// long: a table.\nexport class LsioError {}\n\n${longFunction(71)}` },
      line: /^src\/errors\.ts:6: a function of 71 lines, split it/,
    },
    {
      what: 'a method that is too long',
      files: {
        'src/errors.ts': `export class LsioError {\n  async #read(): Promise<{ a: number }> {\n${'    a++;\n'.repeat(70)}  }\n}\n`,
      },
      line: /^src\/errors\.ts:2: a function of 72 lines, split it/,
    },
  ])('reports $what, and nothing else', ({ files, line }) => {
    const result = check(files);
    expect(result.lines).toEqual([expect.stringMatching(line)]);
    expect(result.status).toBe(1);
  });

  test('reports a cycle once, with its files', () => {
    const { status, lines } = check({
      'src/plan/plan.ts': "import { a } from './a.js';\nexport const plan = a;\n",
      'src/plan/a.ts': "export * from './b.js';\n",
      'src/plan/b.ts': "import './plan.js';\nexport const a = 1;\n",
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^src\/plan\/a\.ts:1: import cycle src\/plan\/a\.ts -> src\/plan\/b\.ts -> src\/plan\/plan\.ts -> src\/plan\/a\.ts, move/,
    );
    expect(status).toBe(1);
  });

  test('accepts what has its reason, its worker URL or its test', () => {
    const { status, lines } = check({
      'src/errors.ts': `// long: one table.\nexport class LsioError {}\n${'// A line.\n'.repeat(300)}`,
      'src/plan/plan.ts': `export const worker = new URL('./worker.js', import.meta.url);\n\n// long: one state machine.\n${longFunction(71)}`,
      'src/plan/worker.ts': "import { worker } from './plan.js';\nexport const self = worker;\n",
      'src/plan/conformance.ts': 'export {};\n',
      'src/plan/plan.test.ts': "import './conformance.js';\n",
      'src/uring/ring.ts': `import { libc } from '../native/libc.js';\nexport const ring = libc;\n\n${longFunction(70)}`,
    });
    expect(lines).toEqual([]);
    expect(status).toBe(0);
  });

  test('a root without sources is a failure', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'check-layers-'));
    temporary.push(root);
    writeFileSync(path.join(root, 'package.json'), '{}');
    const { status, stderr } = spawnSync(CHECK_LAYERS, [root], { encoding: 'utf8' });
    expect(stderr).toMatch(/^src:1: no source files/);
    expect(status).toBe(1);
  });
});
