import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const CHECK_DOCS = path.resolve(import.meta.dirname, 'check-docs');
const temporary: string[] = [];

afterAll(() => {
  for (const root of temporary) rmSync(root, { recursive: true });
});

/** Runs the check over a git checkout made of `files` and gives its lines. */
function check(files: Record<string, string>) {
  const root = mkdtempSync(path.join(tmpdir(), 'check-docs-'));
  temporary.push(root);
  execFileSync('git', ['init', '--quiet', root]);
  for (const [name, text] of Object.entries({ 'docs/a b.md': '# A, and `b`\n', LICENSE: '', ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const { status, stderr } = spawnSync(CHECK_DOCS, [root], { encoding: 'utf8' });
  return { status, lines: stderr.split('\n').filter((line) => line !== '') };
}

/** Knows the one command `get`. */
const PROGRAM = {
  'dist/main.js': '',
  'bin/lsio.js': "process.exitCode = process.argv[2] === 'get' && process.argv[3] === '--help' ? 0 : 2;\n",
};

describe('check-docs', () => {
  test('links that lead somewhere pass, and what stands in code is no link', () => {
    const README =
      '# Top\n[a](docs/a%20b.md#a-and-b) [b](#top) [c](LICENSE) [d](https://x.invalid/) `[e](f)`\n```\n[g](h)\n```\n';
    expect(check({ 'README.md': README })).toEqual({ status: 0, lines: [] });
  });

  test.each([
    { what: 'a missing README', files: {}, lines: ['README.md:1: missing, write it'] },
    {
      what: 'dead links and anchors, each with its line',
      files: { 'README.md': '[a](no.md)\n\n[b](docs/a%20b.md#c)\n', 'docs/d.md': '[e](../../README.md)\n' },
      lines: [
        'README.md:1: link to no.md leads nowhere, mend or remove it',
        'README.md:3: no heading in docs/a b.md has the anchor #c, mend or remove the link',
        'docs/d.md:1: link to ../../README.md leads nowhere, mend or remove it',
      ],
    },
    {
      what: 'commands that the program lacks',
      files: {
        ...PROGRAM,
        'README.md': '`lsio get x` `lsio gets`\nlsio reads\n```\n$ lsio put x\nlsio put: failed\n```\n',
      },
      lines: [
        'README.md:1: lsio has no command gets, mend the text',
        'README.md:4: lsio has no command put, mend the text',
      ],
    },
    {
      what: 'examples that do not compile, each with its line',
      files: {
        'dist/index.d.ts': 'export declare function read(key: string): number | undefined;\n',
        'package.json': '{ "name": "light-speed-io", "type": "module", "types": "dist/index.d.ts" }',
        'README.md': "# a\n```js\nnot(it);\n```\n\n```js\nimport { read } from 'light-speed-io';\n\nread(7);\n```\n",
        'docs/library.md':
          "```js\nimport { read } from 'light-speed-io';\nread('a');\n```\n```js\nimport { read } from 'light-speed-io';\nread('a').toFixed();\n```\n",
      },
      lines: [
        "README.md:9: the example does not compile: Argument of type 'number' is not assignable to parameter of type 'string', mend it",
        "docs/library.md:7: the example does not compile: Object is possibly 'undefined', mend it",
      ],
    },
    {
      what: 'a path of one machine',
      // In two pieces, or this file would be reported itself.
      files: { 'README.md': '# a\n', 'src/a.ts': `\nexport const a = '/${'work'}/x';\n` },
      lines: ['src/a.ts:2: names a path of one machine, write it relative to the repository'],
    },
  ])('reports $what', ({ files, lines }) => {
    expect(check(files)).toEqual({ status: 1, lines });
  });
});
