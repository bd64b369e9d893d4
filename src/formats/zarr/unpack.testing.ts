import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AbsolutePath } from '../../store/keys.js';
import { LocalStore } from '../../store/local/local.js';
import { getValue, type PlaceStore } from '../place-store.js';
import { openZip } from './zip.js';

/** Writes what is in a zip file beside this one to a directory. */
export async function unpack(file: string, directory: string): Promise<void> {
  await using store = await LocalStore.open(import.meta.dirname);
  const zip = await openZip({ store, spec: undefined }, `/${file}`, file);
  for await (const key of keysOf(zip, '/')) {
    mkdirSync(path.dirname(directory + key), { recursive: true });
    writeFileSync(directory + key, (await getValue(zip, key))!);
  }
}

/** All keys below one. */
export async function* keysOf(store: PlaceStore, key: AbsolutePath): AsyncGenerator<AbsolutePath> {
  const base = key === '/' ? '' : key;
  for (const name of (await store.children?.(key))?.names ?? []) {
    if (name.endsWith('/')) yield* keysOf(store, `${base}/${name.slice(0, -1)}` as AbsolutePath);
    else yield `${base}/${name}` as AbsolutePath;
  }
}
