import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { type ChunkDecoder, openChunkDecoder } from './chunk-decoder.js';
import type { DecoderChoice } from './codec.js';
import { FIXTURES, type Fixture, fixtureFolders, fixturesOf, hasFixtures, npyBytes } from './fixtures.testing.js';
import { loadLibraries } from './libraries.js';
import type { VariableItem } from './variable.js';

/** Of other codecs: zfpy and pcodec are refused by name, vlen-array is in no Zarr store that we know. */
const UNSUPPORTED = ['pcodec', 'vlen-array', 'zfpy'];
const VARIABLE = ['json2', 'vlen-bytes', 'vlen-utf8'];
/** Their decoded values differ from what was encoded. */
const LOSSY = ['quantize', 'fixedscaleoffset', 'astype/f'];
const NATIVE_ONLY = ['bz2', 'lzma'];

async function decoderOf(fixture: Fixture, bytes: number, choice: DecoderChoice): Promise<ChunkDecoder> {
  const codecs = [
    { name: 'bytes', configuration: {} },
    { name: `numcodecs.${fixture.codec}`, configuration: fixture.configuration },
  ];
  const libraries = await loadLibraries(choice);
  return openChunkDecoder({ codecs, dtype: plainDType('uint8'), shape: [bytes] }, libraries);
}

/** Asks the reference implementation about many files at once; undefined where it isn't there. */
function python<T>(script: string, questions: readonly unknown[]): T[] | undefined {
  const input = JSON.stringify(questions);
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script], { input, maxBuffer: 2 ** 28 });
  if (status === 0) return JSON.parse(stdout.toString());
  const why = stderr?.toString().trim().split('\n').at(-1) ?? 'no python3';
  process.stderr.write(
    `skipped: the reference implementation does not run (apt-get install python3-numcodecs): ${why}\n`,
  );
  return undefined;
}

const DECODE = `
import sys, json, numcodecs
def decode(path, config):
    with open(path, 'rb') as file: return numcodecs.get_codec(config).decode(file.read()).tobytes().hex()
print(json.dumps([decode(*question) for question in json.load(sys.stdin)]))
`;
const OBJECTS = `
import sys, json, base64, numpy
def plain(item):
    if isinstance(item, bytes): return {'base64': base64.b64encode(item).decode()}
    return 'not a number' if item != item else item
items = lambda path: numpy.load(path, allow_pickle=True).reshape(-1, order='A').tolist()
print(json.dumps([[plain(item) for item in items(path)] for path in json.load(sys.stdin)]))
`;

describe.runIf(hasFixtures)('numcodecs fixtures', () => {
  const folders = hasFixtures ? fixtureFolders().filter((folder) => !UNSUPPORTED.includes(folder.split('/')[0]!)) : [];
  const exact = folders.filter((folder) => !VARIABLE.includes(folder) && !LOSSY.includes(folder));
  let compared = 0;

  test.each(exact)('%s decode to what was encoded, natively and without native libraries', async (folder) => {
    for (const fixture of fixturesOf(folder)) {
      const expected = npyBytes(fixture.npy);
      for (const choice of NATIVE_ONLY.includes(fixture.codec)
        ? (['native'] as const)
        : (['native', 'wasm'] as const)) {
        const decoder = await decoderOf(fixture, expected.length, choice);
        const target = new Uint8Array(expected.length).fill(0xee);
        decoder.decode(fixture.encoded, target);
        expect(Buffer.compare(target, expected), `${fixture.name} by ${choice}`).toBe(0);
        compared++;
      }
    }
  });

  test('docs/formats.md says of each codec that it is read, or that it is refused', () => {
    const [, read = '', refused = ''] = /\n\| codec \|(.*?)\nRefused by name: (.*?)\n/s.exec(
      readFileSync('docs/formats.md', 'utf8'),
    )!;
    for (const name of new Set(hasFixtures ? fixtureFolders().map((folder) => folder.split('/')[0]!) : [])) {
      const isRefused = UNSUPPORTED.includes(name);
      expect([name, read.includes(`\`${name}\``), refused.includes(`\`${name}\``)]).toEqual([
        name,
        !isRefused,
        isRefused,
      ]);
    }
  });

  test('no fixture was left out', () => {
    expect(compared).toBeGreaterThan(1400);
  });

  test.each(LOSSY)('%s decode as numcodecs decodes them', async (folder) => {
    const fixtures = fixturesOf(folder);
    const questions = fixtures.map(({ name, codec, configuration }) => [
      `${FIXTURES}/${name}`,
      { id: codec, ...configuration },
    ]);
    const answers = python<string>(DECODE, questions);
    for (const [i, fixture] of fixtures.entries()) {
      const decoder = await decoderOf(fixture, npyBytes(fixture.npy).length, 'auto');
      const target = new Uint8Array(decoder.decodedBytes!);
      decoder.decode(fixture.encoded, target);
      if (answers !== undefined) expect(Buffer.from(target).toString('hex'), fixture.name).toBe(answers[i]);
    }
  });

  test.each(VARIABLE)('%s decode to the objects that were encoded', async (folder) => {
    const fixtures = fixturesOf(folder);
    const answers = python<VariableItem[]>(
      OBJECTS,
      fixtures.map(({ npy }) => npy),
    );
    for (const [i, fixture] of answers === undefined ? [] : fixtures.entries()) {
      const expected = answers![i]!;
      const dtype = plainDType(folder === 'vlen-bytes' ? 'bytes' : 'string');
      const codecs = [{ name: `numcodecs.${fixture.codec}`, configuration: fixture.configuration }];
      const decoder = openChunkDecoder({ codecs, dtype, shape: [expected.length] }, await loadLibraries());
      const items = decoder.decodeItems(fixture.encoded).map((item) => {
        if (item instanceof Uint8Array) return { base64: Buffer.from(item).toString('base64') };
        return Number.isNaN(item) ? 'not a number' : item;
      });
      expect(items, fixture.name).toEqual(expected);
    }
  });
});
