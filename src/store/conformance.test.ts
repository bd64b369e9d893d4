import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { onEachEngine } from '../read/read.testing.js';
import { conformanceValues, type Subject, storeConformance } from './conformance.js';
import { LocalStore } from './local/local.js';
import { ObjectServer } from './object-server.testing.js';
import { openStore } from './open.js';
import type { Store } from './store.js';
import { withLimit } from './wrap/limit.js';
import { withPrefix } from './wrap/prefix.js';

/** On a directory with the values below `within`. */
async function onDirectory(within: string, open: (root: string) => Promise<Store>): Promise<Subject> {
  const root = mkdtempSync(path.join(tmpdir(), 'lsio-store-'));
  const replace = (key: string, value: Buffer) => {
    const file = path.join(root, within, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, value);
  };
  for (const [key, value] of conformanceValues()) replace(key, value);
  const close = () => rmSync(root, { recursive: true });
  return { store: await open(root), again: () => open(root), replace, close };
}

async function onServer(open: (address: string) => Promise<Store>): Promise<Subject> {
  const server = new ObjectServer(conformanceValues());
  const address = await server.listen();
  const replace = (key: string, value: Buffer) => void server.objects.set(key, value);
  return { store: await open(address), again: () => open(address), replace, close: () => server.close() };
}

describe('LocalStore', () => {
  onEachEngine((engine) => storeConformance(() => onDirectory('', (root) => LocalStore.open(root, { engine }))));
});

describe('withPrefix() and withLimit()', () => {
  const open = async (root: string) =>
    withLimit(withPrefix(await LocalStore.open(root, { engine: 'node' }), '/in/it'), 4);
  storeConformance(() => onDirectory('in/it', open));
});

describe('RemoteStore over HTTP', () => {
  storeConformance(() => onServer((address) => openStore(`${address}/bucket/`)));
});

describe('RemoteStore over S3', () => {
  const options = (endpoint: string) => ({ endpoint, anonymous: true });
  storeConformance(() => onServer((address) => openStore('s3://bucket', options(address))));
});
