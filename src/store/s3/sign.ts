import { createHash, createHmac } from 'node:crypto';
import type { HttpRequest } from '../../engine/http/message.js';
import type { S3Credentials } from '../remote-options.js';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
/** Of several `x-amz-*` headers only these change from request to request without being part of the permission. */
const UNSIGNED_HEADERS = new Set([
  'range',
  'if-match',
  'if-none-match',
  'accept-encoding',
  'user-agent',
  'content-length',
]);

/**
 * Signs a request by AWS Signature Version 4. Range and If-Match are left out on purpose: one signature then serves every
 * range of an object while it is young.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signV4(request: HttpRequest, credentials: S3Credentials, region: string, date: Date): HttpRequest {
  const stamp = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const added: Record<string, string> = {
    'x-amz-content-sha256': request.body === undefined ? UNSIGNED : sha256(request.body),
    'x-amz-date': stamp,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const headers: Record<string, string> = { ...request.headers, ...added };
  const signed = Object.entries({ ...headers, host: request.url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .filter(([name]) => !UNSIGNED_HEADERS.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    added['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = [ALGORITHM, stamp, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(credentials.secretAccessKey, day, region), toSign).toString('hex');
  const authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...request, headers: { ...headers, authorization } };
}

/** How long a signature serves: servers take them for 15 minutes, clocks differ. */
const SIGNATURE_MS = 5 * 60_000;
const SIGNATURES_MAX = 4096;

/** Signs, and gives requests that differ in nothing that is signed the same signature again for some minutes. */
export class Signer {
  readonly #region: string;
  readonly #credentials: S3Credentials;
  readonly #known = new Map<string, { readonly madeMs: number; readonly headers: Readonly<Record<string, string>> }>();

  constructor(region: string, credentials: S3Credentials) {
    this.#region = region;
    this.#credentials = credentials;
  }

  sign(request: HttpRequest, nowMs: number): HttpRequest {
    const extra = Object.entries(request.headers).filter(([name]) => !UNSIGNED_HEADERS.has(name));
    // A request with a body or with headers of its own is signed for itself.
    if (request.body !== undefined || request.method !== 'GET') return this.#fresh(request, nowMs);
    const name = `${request.url.href}\n${extra.join('\n')}`;
    const known = this.#known.get(name);
    if (known !== undefined && nowMs - known.madeMs < SIGNATURE_MS) {
      return { ...request, headers: { ...request.headers, ...known.headers } };
    }
    if (this.#known.size >= SIGNATURES_MAX) this.#known.clear();
    const signed = this.#fresh(request, nowMs);
    const headers = Object.fromEntries(Object.entries(signed.headers).filter(([key]) => !(key in request.headers)));
    this.#known.set(name, { madeMs: nowMs, headers });
    return signed;
  }

  #fresh(request: HttpRequest, nowMs: number): HttpRequest {
    return signV4(request, this.#credentials, this.#region, new Date(nowMs));
  }
}

let lastKey: { readonly id: string; readonly key: Buffer } | undefined;

/** The same for a day. */
function signingKey(secret: string, day: string, region: string): Buffer {
  const id = `${day}\n${region}\n${secret}`;
  if (lastKey?.id !== id) {
    const key = ['s3', 'aws4_request'].reduce((key, part) => hmac(key, part), hmac(hmac(`AWS4${secret}`, day), region));
    lastKey = { id, key };
  }
  return lastKey.key;
}

/** S3 signs the path as it is sent, encoded once. */
function canonicalPath(pathname: string): string {
  return pathname === '' ? '/' : pathname;
}

function canonicalQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .sort()
    .join('&');
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as SigV4 wants it. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The path of a key: every segment encoded, slashes kept. */
export function keyPath(key: string): string {
  return key.split('/').map(uriEncode).join('/');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
