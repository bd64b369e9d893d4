import * as fs from 'node:fs';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { isLsioError } from '../errors.js';
import { type OutputArray, writeZarrStore } from './zarr-writer.js';

vi.mock(import('node:fs'), { spy: true });

let parent: string;
let store: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'lsio-zarr-writer-'));
  store = path.join(parent, 'out.zarr');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** An array that does something when it is written: after the check of the directory. */
function arrayThat(doing: () => void): OutputArray {
  return {
    name: 'a',
    dims: ['x'],
    shape: [3],
    dtype: plainDType('float64'),
    attributes: {},
    get values() {
      doing();
      return Float64Array.of(1, 2, 3);
    },
  };
}

const refused = (run: () => void): void => {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(isLsioError(error, 'output'), String(error)).toBe(true);
};

describe('writeZarrStore() without leave to overwrite replaces nothing that appears after its check', () => {
  test.each(['', 'zarr.json'])('a file, or a directory with a file: %j', (name) => {
    const file = path.join(store, name);
    const appearing = () => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, 'mine');
    };
    refused(() => writeZarrStore(store, [arrayThat(appearing)], {}, false));
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(readdirSync(parent)).toEqual(['out.zarr']);
  });

  test('a link', () => {
    refused(() => writeZarrStore(store, [arrayThat(() => symlinkSync('nowhere', store))], {}, false));
    expect(fs.readlinkSync(store)).toBe('nowhere');
    expect(readdirSync(parent)).toEqual(['out.zarr']);
  });
});

test('a store that can not take the place of another leaves that where it was', async () => {
  const array = arrayThat(() => {});
  writeZarrStore(store, [array], { which: 'first' }, false);
  const { renameSync } = await vi.importActual<typeof fs>('node:fs');
  const moved: string[] = [];
  vi.mocked(fs.renameSync).mockImplementation((from, to) => {
    moved.push(path.extname(String(to)));
    // The old one is out of the way by then.
    if (moved.length === 2) throw Object.assign(new Error('EIO'), { errno: -5, code: 'EIO' });
    renameSync(from, to);
  });
  refused(() => writeZarrStore(store, [array], { which: 'second' }, true));
  expect(JSON.parse(readFileSync(path.join(store, 'zarr.json'), 'utf8')).attributes).toEqual({ which: 'first' });
  expect(moved).toEqual(['.old', '.zarr', '.zarr']);
  expect(readdirSync(parent)).toEqual(['out.zarr']);
});
