import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

interface Example {
  /** The heading that it stands under, and its place among all. */
  readonly name: string;
  readonly code: string;
  /** What the document says that it prints. */
  readonly output: string;
}

/** The document's code blocks, each with the block of text that follows, if one does. */
function examplesOf(document: string): Example[] {
  const examples: Example[] = [];
  let heading = '';
  for (const [, title, code, output = ''] of document.matchAll(
    /^#+ ([^\n]*)$|^```js\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms,
  )) {
    if (title !== undefined) heading = title;
    else if (code !== undefined) examples.push({ name: `${heading}, example ${examples.length}`, code, output });
  }
  return examples;
}

const DOCUMENT = readFileSync(path.join(ROOT, 'docs/library.md'), 'utf8');
const EXAMPLES = examplesOf(DOCUMENT);

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-library-'));
  // The names under which a user would have installed them.
  mkdirSync(path.join(directory, 'node_modules'));
  symlinkSync(ROOT, path.join(directory, 'node_modules/light-speed-io'));
  for (const name of ['zarrita', 'hyparquet', 'hyparquet-writer', 'geotiff']) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(directory, 'node_modules', name));
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('docs/library.md', () => {
  test('has no block that is left out here', () => {
    // A block of ts needs data that isn't here: check-docs compiles it, and nobody runs it.
    expect(DOCUMENT.match(/^```(?!ts)\w/gm)?.length).toBe(
      1 + EXAMPLES.length + EXAMPLES.filter(({ output }) => output !== '').length,
    );
    expect(EXAMPLES.length).toBeGreaterThan(8);
  });

  // The first one makes the files that the others read.
  test.each(EXAMPLES)('$name runs as it is written, and prints what is said', ({ code, output }) => {
    writeFileSync(path.join(directory, 'example.mjs'), code);
    // Memory that was given back is overwritten: an example must not look at it.
    const env = { ...process.env, LSIO_DEBUG: '1', NO_COLOR: '1' };
    const printed = execFileSync(process.execPath, ['example.mjs'], { cwd: directory, encoding: 'utf8', env });
    expect(printed).toBe(output);
  });
});
