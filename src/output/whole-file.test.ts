import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkWholeFile, writeWholeFile } from './whole-file.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-whole-file-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const bytes = Uint8Array.from({ length: 5000 }, (_, at) => at % 251);

test('writeWholeFile() replaces a file, or a link to one, only when told to', () => {
  const file = path.join(directory, 'a');
  writeWholeFile(file, [bytes.subarray(0, 100), bytes.subarray(100)], false);
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect(() => writeWholeFile(file, ['new'], false)).toThrow('exists');
  writeWholeFile(file, ['new'], true);
  expect(readFileSync(file, 'utf8')).toBe('new');
  writeFileSync(path.join(directory, 'target'), 'target');
  symlinkSync('target', path.join(directory, 'link'));
  expect(() => writeWholeFile(path.join(directory, 'link'), ['new'], false)).toThrow('exists');
  writeWholeFile(path.join(directory, 'link'), ['new'], true);
  expect(readFileSync(path.join(directory, 'target'), 'utf8')).toBe('target');
});

test.skipIf(process.platform === 'win32')(
  'checkWholeFile() takes no device, FIFO or socket for a file to replace',
  () => {
    const fifo = path.join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const special of [fifo, '/dev/null']) {
      for (const write of [checkWholeFile, (file: string, all: boolean) => writeWholeFile(file, ['x'], all)]) {
        expect(() => write(special, true)).toThrow('not a regular file');
        expect(() => write(special, false)).toThrow('exists');
      }
    }
    symlinkSync('/dev/null', path.join(directory, 'to-device'));
    symlinkSync('/proc/self/fd/1', path.join(directory, 'to-stdout'));
    for (const link of ['to-device', 'to-stdout'].map((name) => path.join(directory, name))) {
      expect(() => writeWholeFile(link, ['x'], true)).toThrow('not a regular file');
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    }
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(directory).filter((name) => name.startsWith('.lsio'))).toEqual([]);
  },
);
