import { LsioError } from '../errors.js';

/** What an address names, by its scheme alone. */
export type Locator =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'http'; readonly url: URL }
  | { readonly scheme: 's3' | 'gs'; readonly bucket: string; readonly key: string }
  | { readonly scheme: 'az'; readonly account: string; readonly container: string; readonly key: string };

/** A scheme has two letters or more: `c:` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
const [LETTER_A, LETTER_Z] = [0x61, 0x7a];
const KNOWN = 'file, http, https, s3, gs, az, abfs';

/** Whether a text is an address with a scheme; anything else is a path. */
export function isUrl(text: string): boolean {
  // Most paths begin with no letter: telling them by the pattern takes several times as long.
  const first = text.charCodeAt(0) | 0x20;
  return first >= LETTER_A && first <= LETTER_Z && /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

/** Whether a text is an address of another machine. */
export function isRemoteUrl(text: string): boolean {
  return isUrl(text) && !/^file:/i.test(text);
}

/**
 * Reads an address: `file:`, `http:`, `https:`, `s3://bucket/key`, `gs://bucket/key`, `az://account/container/key`,
 * `abfs://container@account.dfs.core.windows.net/key`. Keys of buckets are decoded: a `#` of a key is written `%23`.
 *
 * @throws {LsioError} `usage`
 */
export function parseLocator(text: string): Locator {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'http':
    case 'https':
      if (!URL.canParse(text)) throw malformed(text);
      return { scheme: 'http', url: new URL(text) };
    case 'file':
      if (!URL.canParse(text) || !/^(localhost)?$/.test(new URL(text).host)) throw malformed(text);
      return { scheme: 'file', path: decode(new URL(text).pathname, text) };
    case 's3':
    case 'gs': {
      const [bucket = '', ...key] = afterScheme(text);
      if (bucket === '') throw malformed(text);
      return { scheme, bucket, key: decode(key.join('/'), text) };
    }
    case 'az': {
      const [account = '', container = '', ...key] = afterScheme(text);
      if (account === '' || container === '') throw malformed(text);
      return { scheme, account, container, key: decode(key.join('/'), text) };
    }
    case 'abfs':
    case 'abfss': {
      const [place = '', ...key] = afterScheme(text);
      const match = /^([^@]+)@([^.]+)\./.exec(place);
      if (match === null) throw malformed(text);
      return { scheme: 'az', account: match[2]!, container: match[1]!, key: decode(key.join('/'), text) };
    }
    default:
      throw new LsioError('usage', `${shownAddress(text)}: no such scheme`, { remedy: `schemes: ${KNOWN}` });
  }
}

/** An address in two: a bucket, a container or a web server, and the key in it. */
export interface SplitUrl {
  /** For people, with a slash at its end: without user info and query, which can hold secrets. */
  readonly root: string;
  /** What opens it: with user info, without a query. */
  readonly address: string;
  readonly key: string;
  /** Of web servers: path and query as they are written. Servers may tell `a%2Fb` from `a/b`. */
  readonly reference?: string;
}

/** @throws {LsioError} `usage` */
export function splitUrl(text: string): SplitUrl {
  const locator = parseLocator(text);
  switch (locator.scheme) {
    case 'file':
      return { root: 'file:///', address: 'file:///', key: locator.path.slice(1) };
    case 'http': {
      const { url } = locator;
      if (url.hash !== '') throw malformed(text);
      const address = new URL('/', url);
      address.username = url.username;
      address.password = url.password;
      const key = decode(url.pathname.slice(1), text);
      return { root: `${url.origin}/`, address: address.href, key, reference: url.pathname + url.search };
    }
    case 'az': {
      const root = `az://${locator.account}/${locator.container}/`;
      return { root, address: root, key: locator.key };
    }
    default: {
      const root = `${locator.scheme}://${locator.bucket}/`;
      return { root, address: root, key: locator.key };
    }
  }
}

/** Addresses that were split, since many ranges are of few objects. */
const split = new Map<string, SplitUrl>();
const SPLIT_MAX = 4096;

/** As {@link splitUrl}. */
export function splitKnown(url: string): SplitUrl {
  let known = split.get(url);
  if (known === undefined) {
    if (split.size >= SPLIT_MAX) split.clear();
    known = splitUrl(url);
    split.set(url, known);
  }
  return known;
}

function afterScheme(text: string): string[] {
  const match = /^[^:]+:\/\/([^#]*)/.exec(text);
  if (match === null || text.includes('#')) throw malformed(text);
  return match[1]!.split('/');
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(whole);
  }
}

function malformed(text: string): LsioError {
  const remedy = 'write s3://bucket/key, az://account/container/key, gs://bucket/key or https://host/path; # as %23';
  // Where the host can't be told from user info, neither is shown.
  const shown =
    /^https?:/i.test(text) && !URL.canParse(text) ? `${text.slice(0, text.indexOf(':'))}://…` : shownAddress(text);
  return new LsioError('usage', `${shown}: malformed address`, { remedy });
}

/** An address as people and logs may see it: without user info, query and fragment, which can hold secrets. */
export function shownAddress(text: string): string {
  return text.replace(/[?#].*$/s, '').replace(/^(?!abfss?:)([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}
