import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Exports, exportsOf, type Renderers } from './exports.js';

const RENDERERS: Renderers<object> = {
  csv: async () => (result) => `csv ${JSON.stringify(result)}`,
  markdown: async () => () => 'markdown',
  html: async () => () => 'html',
};

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'lsio-exports-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('Exports', () => {
  test('open() leaves what is there as it is, save() replaces it as a whole and keeps its mode', async () => {
    const file = path.join(dir, 'result.json');
    writeFileSync(file, 'older');
    chmodSync(file, 0o600);
    const exports = await Exports.open(exportsOf({ exportJson: file }), RENDERERS);
    expect(readFileSync(file, 'utf8')).toBe('older');
    for (const value of [1, 2]) {
      exports.save({ value }, false);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ value });
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['result.json']);
  });

  test('save() writes what a link leads to', async () => {
    writeFileSync(path.join(dir, 'target'), '');
    symlinkSync('target', path.join(dir, 'link'));
    (await Exports.open(exportsOf({ exportCsv: path.join(dir, 'link') }), RENDERERS)).save({ a: 1 }, false);
    expect(readFileSync(path.join(dir, 'target'), 'utf8')).toBe('csv {"a":1}');
  });

  test('save() writes to a device and leaves it one', async () => {
    const exports = await Exports.open(exportsOf({ exportJson: '/dev/null' }), RENDERERS);
    exports.save({}, true);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const full = await Exports.open(exportsOf({ exportJson: '/dev/full' }), RENDERERS);
    full.save({}, false);
    expect(() => full.save({}, true)).toThrow('/dev/full: no space left on device (ENOSPC)');
  });

  test.each([
    ['of a directory that is not there', 'absent/result', 'ENOENT'],
    ['that is a directory', 'directory', 'EISDIR'],
    ['below a file', 'file/result', 'ENOTDIR'],
  ])('open() refuses a file %s', async (_, name, code) => {
    mkdirSync(path.join(dir, 'directory'));
    writeFileSync(path.join(dir, 'file'), '');
    const file = path.join(dir, name);
    await expect(Exports.open(exportsOf({ exportHtml: file }), RENDERERS)).rejects.toMatchObject({
      kind: 'output',
      code,
    });
    expect(readdirSync(dir).sort()).toEqual(['directory', 'file']);
  });

  test('open() refuses two results for one place', async () => {
    const same = { exportJson: path.join(dir, 'a'), exportCsv: path.join(dir, 'b', '..', 'a') };
    await expect(Exports.open(exportsOf(same), RENDERERS)).rejects.toMatchObject({ kind: 'usage' });
    for (const options of [
      { json: true, exportCsv: '-' },
      { exportHtml: '-', exportMarkdown: '/dev/stdout' },
    ]) {
      await expect(Exports.open(exportsOf(options), RENDERERS)).rejects.toThrow('both write to stdout');
    }
  });

  test('stdout takes one of them, and json says so', async () => {
    expect((await Exports.open(exportsOf({}), RENDERERS)).stdout).toBeUndefined();
    const json = await Exports.open(exportsOf({ json: true }), RENDERERS);
    expect([json.stdoutIsJson, json.stdout?.({ a: 1 })]).toEqual([true, '{"a":1}\n']);
    const html = await Exports.open(exportsOf({ exportHtml: '-' }), RENDERERS);
    expect([html.stdoutIsJson, html.stdout?.({})]).toEqual([false, 'html']);
  });

  test('save() never shows a part: it makes another file', async () => {
    const file = path.join(dir, 'result.json');
    const exports = await Exports.open(exportsOf({ exportJson: file }), RENDERERS);
    exports.save({ a: 1 }, false);
    const before = statSync(file).ino;
    exports.save({ a: 2 }, false);
    expect(statSync(file).ino).not.toBe(before);
  });
});
