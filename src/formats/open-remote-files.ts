import type { Signal } from '../abort.js';
import { LsioError } from '../errors.js';
import { keyPattern } from '../store/key-pattern.js';
import type { AbsolutePath } from '../store/keys.js';
import { isRemoteUrl, splitUrl } from '../store/locator.js';
import { openStore } from '../store/open.js';
import type { RemoteStore } from '../store/remote-store.js';
import { type Candidate, openGribFiles } from './open-grib-files.js';
import type { OpenSourceOptions } from './open-options.js';
import type { ArraySource } from './source.js';

/**
 * Opens GRIB files of one bucket or server as one source: objects, patterns, and with a slash at the end all that is
 * below.
 *
 * @param name as it was asked for, without secrets.
 * @throws {LsioError} `usage` for several buckets or servers, and where one has no listing; `read` where nothing lies;
 * `format` where no object holds GRIB messages.
 */
export async function openRemoteFiles(
  name: string,
  urls: readonly string[],
  options: OpenSourceOptions,
): Promise<ArraySource> {
  const local = urls.find((url) => !isRemoteUrl(url));
  if (local !== undefined) throw new LsioError('usage', `${local}: files and URLs are not read together`);
  const targets = urls.map(splitUrl);
  const { address, root } = targets[0]!;
  const other = targets.find((target) => target.address !== address);
  if (other !== undefined) throw new LsioError('usage', `${root} and ${other.root}: one server or bucket at a time`);
  const store = (await openStore(address, options.remote ?? {})) as RemoteStore;
  let candidates: Candidate[];
  try {
    const found = await Promise.all(urls.map((url) => objectsOf(store, url, options.signal)));
    candidates = [...new Map(found.flat().map((one) => [one.key, one])).values()];
  } catch (error) {
    await store.close();
    throw error;
  }
  const source = { store, spec: { url: address } };
  const opened = await openGribFiles({ store, source, candidates, name, engine: 'http', isRemote: true }, options);
  if (opened !== undefined) return opened;
  throw new LsioError('format', `${name}: none of its objects is a GRIB file`, { path: name });
}

/** The objects at an address: one, those of a pattern, or with a slash at its end those below. */
export async function objectsOf(store: RemoteStore, url: string, signal: Signal | undefined): Promise<Candidate[]> {
  const { root, key } = splitUrl(url);
  const pattern = keyPattern(url);
  if (pattern === undefined && key !== '' && !key.endsWith('/'))
    return [{ key: `/${key}`, name: root + key, isNamed: true }];
  const found: Candidate[] = [];
  for await (const entry of store.list(`/${pattern?.prefix ?? key}`, { signal })) {
    const object = (entry.key as string).slice(1);
    if (pattern?.regExp.test(object) === false) continue;
    found.push({ key: `/${object}` as AbsolutePath, name: root + object, isNamed: false });
  }
  if (found.length > 0) return found;
  throw new LsioError('read', `${root}${key}: no object there`, { code: 'ENOENT', path: `${root}${key}` });
}
