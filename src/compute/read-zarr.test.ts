import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as zarrita from 'zarrita';
import { scalarValue } from '../array/elements.js';
import { localPlaces } from '../formats/local-source.js';
import { openSource } from '../formats/open-source.js';
import type { ListedArray } from '../formats/source.js';
import { keysOf, unpack } from '../formats/zarr/unpack.testing.js';
import { LocalStore } from '../store/local/local.js';
import { readArray } from './read.js';

interface Expected {
  readonly shape: readonly number[];
  /** Base64 of the elements, little-endian, in row-major order. */
  readonly bytes?: string;
  readonly items?: readonly string[];
}

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-zarr-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ZARR = path.resolve(import.meta.dirname, '../formats/zarr');
const FIXTURES = path.resolve(import.meta.dirname, '../../../shared/fixtures');
const noFixtures = existsSync(FIXTURES) ? '' : ' (no fixtures beside the project)';

/** What zarr-python 3.1.6 read of the arrays that it wrote: scripts/fixtures/zarr-arrays.py. */
const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(path.join(ZARR, 'zarr.fixture.json'), 'utf8'));

async function readListed({ name, reason, array, shape }: ListedArray): Promise<Expected> {
  if (array === undefined) throw new Error(`${name}: ${reason}`);
  const data = await readArray(array);
  expect(data.shape).toEqual(shape);
  if (data.items === undefined) return { shape: data.shape, bytes: Buffer.from(data.bytes).toString('base64') };
  return { shape: data.shape, items: data.items.map((item) => String(scalarValue(data.dtype, item))) };
}

async function expectAll(source: string, version: string): Promise<void> {
  await using opened = await openSource(source);
  const expected = Object.entries(EXPECTED).filter(([name]) => name.startsWith(`${version}/`));
  expect(opened.arrays.map(({ name }) => `${version}/${name}`)).toEqual(expected.map(([name]) => name).sort());
  for (const listed of opened.arrays) {
    expect(await readListed(listed), listed.name).toEqual(EXPECTED[`${version}/${listed.name}`]);
  }
}

describe.each(['v2', 'v3'])('arrays that zarr-python wrote, %s', (version) => {
  const file = `zarr-${version}.fixture.zip`;

  test('from a zip file, stored and deflated', () => expectAll(path.join(ZARR, file), version));

  test('from a directory, with consolidated metadata and without', async () => {
    const directory = path.join(scratch, version);
    await unpack(file, directory);
    await expectAll(directory, version);
    if (version === 'v2') rmSync(path.join(directory, '.zmetadata'));
    else {
      const { consolidated_metadata: _, ...group } = JSON.parse(
        readFileSync(path.join(directory, 'zarr.json'), 'utf8'),
      );
      writeFileSync(path.join(directory, 'zarr.json'), JSON.stringify(group));
    }
    await expectAll(directory, version);
  });

  test('from a store that is given', async () => {
    const directory = path.join(scratch, `${version}-store`);
    await unpack(file, directory);
    await using store = await LocalStore.open(directory);
    await using source = await openSource(store);
    expect(source.arrays).toHaveLength(Object.keys(EXPECTED).filter((name) => name.startsWith(version)).length);
    for (const listed of source.arrays) {
      expect(await readListed(listed), listed.name).toEqual(EXPECTED[`${version}/${listed.name}`]);
    }
  });

  test('from references, to whole files and to parts of one', async () => {
    const directory = path.join(scratch, `${version}-parts`);
    await unpack(file, directory);
    const refs: Record<string, unknown> = {};
    const parts: Buffer[] = [];
    let offset = 3;
    await using store = await LocalStore.open(directory);
    let i = 0;
    for await (const key of keysOf(localPlaces(store, directory, 'x'), '/')) {
      const bytes = readFileSync(directory + key);
      const way = /\/\.z|zarr\.json$/.test(key)
        ? i % 2 === 0
          ? 'text'
          : 'object'
        : ['whole', 'part', 'base64', 'url'][i % 4];
      i += 1;
      if (way === 'text') refs[key.slice(1)] = bytes.toString();
      else if (way === 'object') refs[key.slice(1)] = JSON.parse(bytes.toString());
      else if (way === 'base64') refs[key.slice(1)] = `base64:${bytes.toString('base64')}`;
      else if (way === 'whole') refs[key.slice(1)] = [`{{d}}${key}`];
      else if (way === 'url') refs[key.slice(1)] = [`file://${directory}${key}`];
      else {
        refs[key.slice(1)] = ['all.bin', offset, bytes.length];
        parts.push(bytes);
        offset += bytes.length;
      }
    }
    writeFileSync(path.join(scratch, 'all.bin'), Buffer.concat([Buffer.alloc(3), ...parts]));
    const json = path.join(scratch, `${version}.json`);
    writeFileSync(json, JSON.stringify({ version: 1, templates: { d: `${version}-parts` }, refs }));
    await expectAll(json, version);
  });
});

/** The elements of an array of zarrita, in row-major order. */
function zarritaItems({ data, stride, shape }: zarrita.Chunk<zarrita.DataType>): unknown[] {
  const count = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: count }, (_, index) => {
    let at = 0;
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * stride[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return 'get' in data ? data.get(at) : data[at];
  });
}

describe('arrays of other projects', () => {
  const stores = noFixtures === '' ? ['v2', 'v3'] : [];
  test.skipIf(noFixtures !== '')(`zarrita's fixtures have the values that zarrita reads${noFixtures}`, async () => {
    let compared = 0;
    for (const version of stores) {
      const directory = path.join(FIXTURES, 'zarr/v2v3', version, 'data.zarr');
      await using source = await openSource(directory);
      await using store = await LocalStore.open(directory);
      for (const listed of source.arrays) {
        const ours = await readListed(listed);
        // Node 20 has no Float16Array: this is what zarr-python 3.1.6 reads.
        if (listed.dtype === 'float16') {
          expect(ours.bytes).toBe('0eMAANFjAAA=');
          continue;
        }
        const location = zarrita.root(store).resolve(listed.name);
        const open = version === 'v2' ? zarrita.open.v2 : zarrita.open.v3;
        const theirs = await open(location, { kind: 'array' });
        const chunk = (await zarrita.get(theirs)) as zarrita.Chunk<zarrita.DataType>;
        expect(itemsOf(listed, ours), listed.name).toEqual(zarritaItems(chunk));
        compared += 1;
      }
    }
    expect(compared).toBe(76);
  });

  test.skipIf(noFixtures !== '')(`zip files hold the same arrays as the directories${noFixtures}`, async () => {
    for (const version of stores) {
      const directory = path.join(FIXTURES, 'zarr/v2v3', version);
      await using whole = await openSource(path.join(directory, 'data.zarr'));
      const zips = readdirSync(directory).filter((name) => name.endsWith('.zip'));
      expect(zips.length).toBeGreaterThan(1);
      for (const zip of zips) {
        await using zipped = await openSource(path.join(directory, zip));
        expect(zipped.arrays.map(({ name }) => name)).toEqual(whole.arrays.map(({ name }) => name));
        for (const [i, listed] of zipped.arrays.entries()) {
          expect(await readListed(listed), `${zip}: ${listed.name}`).toEqual(await readListed(whole.arrays[i]!));
        }
      }
    }
  });

  test.skipIf(noFixtures !== '')(`production stores are read whole, but for their data${noFixtures}`, async () => {
    const directory = path.join(FIXTURES, 'metadata');
    let arrays = 0;
    for (const name of readdirSync(directory).filter((one) => one.endsWith('.zarr'))) {
      await using source = await openSource(path.join(directory, name));
      for (const { array, reason, dims, name: array_ } of source.arrays) {
        expect(reason, array_).toBeUndefined();
        arrays += 1;
        if (dims?.length !== 1) continue;
        const { chunksMissing, bytes } = await readArray(array!);
        expect(chunksMissing, array_).toBe(0);
        expect(bytes.length).toBeGreaterThan(0);
      }
    }
    expect(arrays).toBe(90);
  });
});

/** The elements as a list of values. */
function itemsOf({ array }: ListedArray, { items, bytes }: Expected): unknown[] {
  if (items !== undefined) return [...items];
  const { dtype } = array!;
  const all = Buffer.from(bytes!, 'base64');
  return Array.from({ length: all.length / dtype.itemBytes }, (_, i) => {
    return scalarValue(dtype, Uint8Array.from(all.subarray(i * dtype.itemBytes, (i + 1) * dtype.itemBytes)));
  });
}
