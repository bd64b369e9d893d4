import type { HttpClient } from '../../engine/http/client.js';
import type { Target } from '../../engine/http/client-options.js';
import type { HttpRequest } from '../../engine/http/message.js';
import { decodeXml } from '../../engine/http/redact.js';
import { LsioError } from '../../errors.js';
import {
  decodeKey,
  type ListRequest,
  type Provider,
  type RemoteEntry,
  type RemotePage,
  refuseDots,
  timeOf,
} from '../remote.js';
import type { AzureCredentials } from '../remote-options.js';
import { signSharedKey, withVersion } from './sign.js';

export interface AzureOptions extends AzureCredentials {
  readonly account: string;
  readonly container: string;
  /** Another server, such as `http://127.0.0.1:10000/devstoreaccount1`. @default the account's of Azure */
  readonly endpoint?: string | undefined;
  readonly absent?: readonly number[] | undefined;
}

const ACCOUNT = /^[a-z0-9]{3,24}$/;
const CONTAINER = /^(\$root|\$web|[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9]))$/;

/** Blobs of a container of Azure. */
export class AzureProvider implements Provider {
  readonly absent: readonly number[];
  /** The service takes no range from the end. */
  readonly suffix = 'size-first';
  readonly versionParameter = 'versionid';
  readonly sendsSecrets: boolean;
  readonly #options: AzureOptions;
  readonly #base: URL;

  constructor(options: AzureOptions) {
    const { account, container, endpoint = `https://${account}.blob.core.windows.net` } = options;
    if (!ACCOUNT.test(account)) throw new LsioError('usage', `${JSON.stringify(account)} is no storage account`);
    if (!CONTAINER.test(container)) throw new LsioError('usage', `${JSON.stringify(container)} is no container name`);
    if (!URL.canParse(endpoint)) throw new LsioError('usage', `endpoint ${endpoint}: write https://host`);
    this.#options = options;
    this.absent = options.absent ?? [];
    this.sendsSecrets = options.sas !== undefined || options.token !== undefined;
    this.#base = new URL(`${endpoint.replace(/\/$/, '')}/${container}/`);
  }

  target(key: string): Target {
    const name = `az://${this.#options.account}/${this.#options.container}/${key}`;
    refuseDots(key, name);
    const url = new URL(this.#base.href + key.split('/').map(encodeURIComponent).join('/'));
    const { accountKey, sas, token } = this.#options;
    const signedAs = accountKey
      ? `the key of ${this.#options.account}`
      : sas
        ? 'a shared access signature'
        : token && 'a token';
    return { url, name, host: url.host, signedAs: signedAs || undefined };
  }

  readonly authorize = async (request: HttpRequest): Promise<HttpRequest> => {
    const { account, accountKey, sas, token } = this.#options;
    const now = new Date();
    if (accountKey !== undefined) return signSharedKey(request, account, accountKey, now);
    const complete = withVersion(request, now);
    if (token !== undefined) {
      return { ...complete, headers: { ...complete.headers, authorization: `Bearer ${await token()}` } };
    }
    if (sas === undefined) return complete;
    const url = new URL(request.url.href);
    url.search = url.search === '' ? sas : `${url.search.slice(1)}&${sas}`;
    return { ...complete, url };
  };

  readonly list = (client: HttpClient, request: ListRequest) => this.#pages(client, request);

  async *#pages(client: HttpClient, { prefix, delimiter, signal }: ListRequest): AsyncIterable<RemotePage> {
    const shown = { ...this.target(prefix), url: this.#base };
    let marker = '';
    do {
      const url = new URL(this.#base.href.replace(/\/$/, ''));
      url.search = `restype=container&comp=list&prefix=${encodeURIComponent(prefix)}`;
      if (delimiter !== undefined) url.search += `&delimiter=${encodeURIComponent(delimiter)}`;
      if (marker !== '') url.search += `&marker=${encodeURIComponent(marker)}`;
      const answer = await client.text(shown, { method: 'GET', url, headers: {} }, signal);
      if (answer.head.status === 404) {
        throw new LsioError('read', `${shown.name}: no such container`, { code: 'ContainerNotFound', status: 404 });
      }
      const page = parseBlobs(Buffer.from(answer.body).toString());
      marker = page.marker;
      yield page;
    } while (marker !== '');
  }
}

/** Reads a page of a listing of blobs. @throws {LsioError} `format` */
export function parseBlobs(xml: string): RemotePage & { readonly marker: string } {
  if (!xml.includes('<EnumerationResults')) throw new LsioError('format', 'the answer is no listing of blobs');
  const element = (text: string, name: string) => {
    const found = new RegExp(`<${name}(?: Encoded="(true)")?>([^<]*)</${name}>`).exec(text);
    if (found === null) return undefined;
    return found[1] === undefined ? decodeXml(found[2]!) : decodeKey(found[2]!);
  };
  const entries: RemoteEntry[] = [...xml.matchAll(/<Blob>([\s\S]*?)<\/Blob>/g)].map(([, blob = '']) => {
    const key = element(blob, 'Name');
    const size = Number(element(blob, 'Content-Length'));
    if (key === undefined || !Number.isSafeInteger(size) || size < 0) {
      throw new LsioError('format', 'an entry of the listing has no name or no size');
    }
    return { key, size, modified: timeOf(element(blob, 'Last-Modified')), etag: element(blob, 'Etag') };
  });
  const prefixes = [...xml.matchAll(/<BlobPrefix>([\s\S]*?)<\/BlobPrefix>/g)].map(
    ([, part = '']) => element(part, 'Name') ?? '',
  );
  return { entries, prefixes, marker: element(xml, 'NextMarker') ?? '' };
}
