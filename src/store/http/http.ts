import type { Target } from '../../engine/http/client-options.js';
import type { HttpRequest } from '../../engine/http/message.js';
import { shownUrl } from '../../engine/http/redact.js';
import { type Provider, refuseDots } from '../remote.js';

export interface HttpOptions {
  /** Where keys begin. A query, such as that of a signed address, goes with every request. */
  readonly base: URL;
  /** Added to every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly absent?: readonly number[] | undefined;
}

/** Files of a web server. It can't say which there are. */
export class HttpProvider implements Provider {
  readonly absent: readonly number[];
  readonly sendsSecrets: boolean;
  readonly #base: URL;
  readonly #signedAs: string | undefined;
  readonly #hasHeaders: boolean;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ base, headers = {}, absent = [] }: HttpOptions) {
    this.absent = absent;
    this.#base = base;
    const user =
      base.username === '' ? undefined : `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    const basic = user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    this.sendsSecrets = user !== undefined;
    this.#signedAs = user === undefined ? undefined : 'the user in the address';
    this.#headers = { ...basic, ...lowerCased(headers) };
    this.#hasHeaders = Object.keys(this.#headers).length > 0;
  }

  /** @param key below the base, or, with a slash before it, path and query as they are to be sent */
  target(key: string): Target {
    if (!key.startsWith('/')) refuseDots(key, JSON.stringify(key));
    const url = new URL(this.#base.href);
    url.username = '';
    url.password = '';
    url.hash = '';
    // The key of an address itself is empty: then nothing is added.
    if (key.startsWith('/')) [url.pathname, url.search] = splitReference(key);
    else if (key !== '')
      url.pathname = `${url.pathname.replace(/\/$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`;
    return { url, name: shownUrl(url), host: url.host, signedAs: this.#signedAs };
  }

  readonly authorize = (request: HttpRequest): HttpRequest => {
    if (!this.#hasHeaders) return request;
    // What was meant for one host must not follow a redirection to another.
    if (request.url.host !== this.#base.host) return request;
    return { ...request, headers: { ...request.headers, ...this.#headers } };
  };
}

function splitReference(reference: string): [pathname: string, search: string] {
  const at = reference.indexOf('?');
  return at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at)];
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
