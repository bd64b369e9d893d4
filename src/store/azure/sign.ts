import { createHmac } from 'node:crypto';
import type { HttpRequest } from '../../engine/http/message.js';

/** The version of the Blob service that requests are written for. */
const SERVICE_VERSION = '2021-08-06';

/** The headers of a request that stand in the string to sign, in this order. */
const SIGNED = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const;

/** Adds the headers that every request needs. */
export function withVersion(request: HttpRequest, date: Date): HttpRequest {
  return {
    ...request,
    headers: { ...request.headers, 'x-ms-version': SERVICE_VERSION, 'x-ms-date': date.toUTCString() },
  };
}

/**
 * Signs a request by an account's key.
 *
 * @param key base64
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
 */
export function signSharedKey(request: HttpRequest, account: string, key: string, date: Date): HttpRequest {
  const complete = withVersion(request, date);
  const { headers, method, url } = complete;
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`);
  const query = [...new Set(url.searchParams.keys())]
    .sort()
    .map((name) => `\n${name.toLowerCase()}:${url.searchParams.getAll(name).sort().join(',')}`);
  const lines = [method, ...SIGNED.map((name) => headers[name] ?? '')].join('\n');
  const toSign = `${lines}\n${own.join('')}/${account}${url.pathname}${query.join('')}`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(toSign).digest('base64');
  return { ...complete, headers: { ...headers, authorization: `SharedKey ${account}:${signature}` } };
}
