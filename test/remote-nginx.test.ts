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
