import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeObjects,
  missing,
  nameOf,
  OBJECT_BYTES,
  objectBytes,
  removeObjects,
  startServer,
  wholeObject,
} from '../scripts/objects/server.js';
import { runLsio } from './helpers/run-lsio.js';

const why = missing();
const FIXTURES = path.resolve(import.meta.dirname, '../../shared/fixtures');

describe.skipIf(why !== undefined)(`nginx as a server${why === undefined ? '' : `: ${why}`}`, () => {
  let directory = '';
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    directory = makeObjects(2);
    server = await startServer(directory);
  });
  afterAll(() => {
    server?.stop();
    removeObjects(directory);
  });

  test.each(['fast', 'slow'] as const)('gives the bytes of objects and of 500 ranges: %s', (which) => {
    const url = server[which];
    const ranges = Array.from({ length: 500 }, (_, i) => ({
      url: url + nameOf(i % 2),
      offset: (i * 12_347) % (OBJECT_BYTES - 5000),
      length: 1 + ((i * 37) % 5000),
    }));
    const lines = [...ranges, { url: url + nameOf(1) }].map((line) => `${JSON.stringify(line)}\n`).join('');
    const { status, stdout, stderr } = runLsio(['get', '--requests', '-'], { input: lines });
    const expected = [...ranges.map(({ offset, length }, i) => objectBytes(i % 2, offset, length)), wholeObject(1)];
    expect({ status, requests: /\(lean\)/.test(stderr) }).toEqual({ status: 0, requests: true });
    expect(Buffer.compare(stdout, Buffer.concat(expected))).toBe(0);
  });

  test('a server that admits 2,000 requests a second gives all of 1,000, whatever it refuses', () => {
    const line = (i: number) => ({ url: server.limited + nameOf(i % 2), offset: i * 6000, length: 100 });
    const lines = Array.from({ length: 1000 }, (_, i) => line(i));
    const input = lines.map((request) => `${JSON.stringify(request)}\n`).join('');
    const { status, stdout } = runLsio(['get', '--requests', '-', '--coalesce', 'off'], { input });
    const expected = lines.map(({ offset, length }, i) => objectBytes(i % 2, offset, length));
    expect({ status, same: Buffer.compare(stdout, Buffer.concat(expected)) }).toEqual({ status: 0, same: 0 });
  });
});

/** Real files, read through nginx as from disk. */
const FILES = ['grib', 'nat'].flatMap((kind) => {
  const folder = path.join(FIXTURES, kind);
  if (!existsSync(folder)) return [];
  const found = execFileSync('find', [
    folder,
    '-type',
    'f',
    '(',
    '-name',
    '*.grib2',
    '-o',
    '-name',
    '*.nat',
    ')',
    '-size',
    '-40000k',
  ]);
  return String(found).trim().split('\n').filter(Boolean).slice(0, 1);
});

describe.skipIf(why !== undefined || FILES.length === 0)(`real files of ../shared/fixtures through nginx`, () => {
  test.each(FILES.map((file) => [path.basename(file), file] as const))(
    '%s is read as from disk',
    async (name, file) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'lsio-nginx-'));
      let server: Awaited<ReturnType<typeof startServer>> | undefined;
      try {
        mkdirSync(path.join(directory, 'www'));
        copyFileSync(file, path.join(directory, 'www', name));
        server = await startServer(directory);
        const listed = JSON.parse(String(runLsio(['info', file, '--json']).stdout)) as { arrays: { name: string }[] };
        const array = listed.arrays.find(({ name: each }) => !/^(lat|lon|x|y|time)/.test(each))!.name;
        const got = [file, `${server.fast}${name}`].map((source, i) => {
          const output = path.join(directory, `${i}.npy`);
          expect(runLsio(['read', source, '-a', array, '-o', output]).status).toBe(0);
          return readFileSync(output);
        });
        expect(got[0]!.length).toBeGreaterThan(128);
        expect(Buffer.compare(got[0]!, got[1]!)).toBe(0);
      } finally {
        server?.stop();
        rmSync(directory, { recursive: true });
      }
    },
  );
});
