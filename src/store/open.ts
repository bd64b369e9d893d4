import { LocalStore, type LocalStoreOptions } from './local/local.js';
import { isUrl, parseLocator } from './locator.js';
import type { RemoteOptions } from './remote-options.js';
import type { Store } from './store.js';

export interface OpenStoreOptions extends LocalStoreOptions, RemoteOptions {}

/**
 * Opens a store by its address: a path or `file:`, `http:`, `https:`, `s3:`, `az:`, `abfs:`, `gs:`.
 *
 * @throws {LsioError} `usage` for a malformed address or option
 */
export async function openStore(address: string, options: OpenStoreOptions = {}): Promise<Store> {
  const { engine, rings, queueDepth, direct, ...remote } = options;
  const local = { engine, rings, queueDepth, direct } as LocalStoreOptions;
  if (typeof address !== 'string' || !isUrl(address)) return LocalStore.open(address, local);
  const locator = parseLocator(address);
  if (locator.scheme === 'file') return LocalStore.open(locator.path, local);
  // Reading local files has no use for it.
  const { openRemoteStore } = await import('./open-remote.js');
  return openRemoteStore(address, remote);
}
