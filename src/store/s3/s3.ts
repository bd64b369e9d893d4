import type { HttpClient } from '../../engine/http/client.js';
import type { Target } from '../../engine/http/client-options.js';
import type { HttpRequest } from '../../engine/http/message.js';
import { LsioError } from '../../errors.js';
import { type ListRequest, type Provider, type RemotePage, refuseDots } from '../remote.js';
import type { S3Credentials } from '../remote-options.js';
import { parseListing } from './listing.js';
import { keyPath, Signer, uriEncode } from './sign.js';

export interface S3Options {
  readonly bucket: string;
  /** How the bucket's address begins. @default 's3' */
  readonly scheme?: 's3' | 'gs' | undefined;
  /** @default 'us-east-1' */
  readonly region?: string | undefined;
  /** Another server that speaks S3, such as `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined;
  /** Put the bucket into the path; with an endpoint that is the default. */
  readonly pathStyle?: boolean | undefined;
  /** Pay for the requests of a bucket whose owner doesn't. */
  readonly requesterPays?: boolean | undefined;
  /** Asked for before each request that needs them; undefined: unsigned requests. */
  readonly credentials?: (() => Promise<S3Credentials | undefined>) | undefined;
  /** An OAuth token in place of signatures, as Google's service takes it. */
  readonly token?: (() => Promise<string | undefined>) | undefined;
  readonly absent?: readonly number[] | undefined;
}

const REGION = 'us-east-1';
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i;
const CREDENTIALS_SPARE_MS = 5 * 60_000;

/** Objects of a bucket of S3, or of anything that speaks it. */
export class S3Provider implements Provider {
  readonly absent: readonly number[];
  readonly versionParameter: string;
  readonly #options: S3Options;
  readonly #base: URL;
  readonly #region: string;
  #signer: { readonly signer: Signer; readonly expiresMs: number; readonly shown: string } | undefined;
  #finding: Promise<void> | undefined;
  #isUnsigned: boolean;
  #hasToken = false;
  readonly sendsSecrets: boolean;

  constructor(options: S3Options) {
    if (!BUCKET.test(options.bucket))
      throw new LsioError('usage', `${JSON.stringify(options.bucket)} is no bucket name`);
    this.#options = options;
    this.#region = options.region ?? REGION;
    this.absent = options.absent ?? [];
    // Google's XML API has its own word for it.
    this.versionParameter = options.scheme === 'gs' ? 'generation' : 'versionId';
    this.#isUnsigned = options.credentials === undefined;
    this.sendsSecrets = options.token !== undefined;
    this.#base = baseOf(options, this.#region);
  }

  target(key: string): Target {
    const { bucket, scheme = 's3' } = this.#options;
    const name = `${scheme}://${bucket}/${key}`;
    refuseDots(key, name);
    const url = new URL(this.#base.href + keyPath(key));
    // Asked when an error is told: credentials are looked for at the first request.
    const signedAs = () => this.#signer?.shown ?? (this.#hasToken ? 'a token' : undefined);
    return {
      url,
      name,
      host: url.host,
      get signedAs() {
        return signedAs();
      },
    };
  }

  readonly authorize = async (request: HttpRequest): Promise<HttpRequest> => {
    const payer = this.#options.requesterPays ? { 'x-amz-request-payer': 'requester' } : {};
    const complete = { ...request, headers: { ...request.headers, ...payer } };
    const token = await this.#options.token?.();
    this.#hasToken = token !== undefined;
    if (token !== undefined) {
      return { ...complete, headers: { ...complete.headers, authorization: `Bearer ${token}` } };
    }
    const nowMs = Date.now();
    if (!this.#isUnsigned && (this.#signer?.expiresMs ?? 0) - CREDENTIALS_SPARE_MS < nowMs) await this.#find();
    return this.#signer?.signer.sign(complete, nowMs) ?? complete;
  };

  /** Asks for credentials again. */
  readonly renew = async (): Promise<boolean> => {
    if (this.#signer === undefined) return false;
    await this.#find();
    return true;
  };

  readonly list = (client: HttpClient, request: ListRequest) => this.#pages(client, request);

  async *#pages(client: HttpClient, { prefix, delimiter, signal }: ListRequest): AsyncIterable<RemotePage> {
    const shown = { ...this.target(prefix), url: this.#base };
    let token: string | undefined;
    do {
      const query = [`encoding-type=url`, `list-type=2`, `prefix=${uriEncode(prefix)}`];
      if (delimiter !== undefined) query.push(`delimiter=${uriEncode(delimiter)}`);
      if (token !== undefined) query.push(`continuation-token=${uriEncode(token)}`);
      const url = new URL(
        `${this.#base.href.replace(/\/$/, '')}${this.#base.pathname === '/' ? '/' : ''}?${query.sort().join('&')}`,
      );
      const answer = await client.text(shown, { method: 'GET', url, headers: {} }, signal);
      if (answer.head.status === 404)
        throw new LsioError('read', `${shown.name}: no such bucket`, { code: 'NoSuchBucket', status: 404 });
      const page = parseListing(Buffer.from(answer.body).toString());
      token = page.token;
      yield { entries: page.objects, prefixes: page.prefixes };
    } while (token !== undefined);
  }

  /** One search at a time, however many requests wait for it. */
  #find(): Promise<void> {
    this.#finding ??= this.#options.credentials!()
      .then((found) => {
        if (found === undefined) this.#isUnsigned = true;
        else {
          const from = found.source === undefined ? '' : ` from ${found.source}`;
          const shown = `${found.accessKeyId.slice(0, 4)}…${found.accessKeyId.slice(-2)}${from}`;
          this.#signer = {
            signer: new Signer(this.#region, found),
            expiresMs: found.expiresMs ?? Number.POSITIVE_INFINITY,
            shown,
          };
        }
      })
      .finally(() => {
        this.#finding = undefined;
      });
    return this.#finding;
  }
}

/** Where keys of the bucket begin, with a slash at its end. */
function baseOf({ bucket, endpoint, pathStyle }: S3Options, region: string): URL {
  const host = endpoint ?? `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(host) || !/^https?:$/.test(new URL(host).protocol)) {
    throw new LsioError('usage', `endpoint ${host}: write https://host:port`);
  }
  const url = new URL(host);
  // A dot in a bucket's name would be another level of the host, for which no certificate stands.
  const inPath = pathStyle ?? (endpoint !== undefined || bucket.includes('.'));
  if (!inPath) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${inPath ? `${bucket}/` : ''}`;
  return url;
}
