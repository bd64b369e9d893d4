import { LsioError } from '../../errors.js';
import type { Verdict, Version } from './checks.js';
import type { Answer, TransportError } from './message.js';
import { type ServerError, serverError } from './redact.js';

/** An object as messages name it: its address without anything secret. */
export interface Shown {
  /** Such as `s3://bucket/key`. */
  readonly name: string;
  /** The origin that is asked, such as `https://bucket.s3.amazonaws.com`. */
  readonly host?: string | undefined;
  /** Who signs, such as `AKIA…7Q from profile "work"`; undefined for requests without credentials. */
  readonly signedAs?: string | undefined;
}

const REQUEST_ID_HEADERS = ['x-amz-request-id', 'x-ms-request-id', 'x-guploader-uploadid', 'x-request-id'];

/** The error for an answer of a status that is no success. */
export function failedStatus(shown: Shown, answer: Answer, attempts: number, offset: number): LsioError {
  const { head, body } = answer;
  const header = REQUEST_ID_HEADERS.map((name) => head.header(name)).find((id) => id !== undefined);
  const server = serverError(Buffer.from(body).toString(), header);
  const code =
    server.code ?? head.header('x-ms-error-code') ?? head.header('x-amz-error-code') ?? `HTTP_${head.status}`;
  const details = { code, status: head.status, requestId: server.requestId, attempts, path: shown.name, offset };
  const { kind, message, remedy } = explain(
    shown,
    head.status,
    code,
    server,
    attempts,
    head.header('x-amz-bucket-region'),
  );
  return new LsioError(kind, `${shown.name}: ${message}`, { ...details, remedy });
}

/** What services say of keys that they don't know and of signatures that are not by them. */
const WRONG_KEY = new Set(['SignatureDoesNotMatch', 'InvalidAccessKeyId', 'AuthenticationFailed']);

interface Explained {
  readonly kind: 'denied' | 'read';
  readonly message: string;
  readonly remedy?: string;
}

function explain(
  shown: Shown,
  status: number,
  code: string,
  server: ServerError,
  attempts: number,
  region: string | undefined,
): Explained {
  const signed = shown.signedAs === undefined ? 'unsigned' : `signed as ${shown.signedAs}`;
  switch (code) {
    case 'RequestTimeTooSkewed':
      return {
        kind: 'denied',
        message: "the clock differs too much from the server's (RequestTimeTooSkewed)",
        remedy: 'set the clock',
      };
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return {
        kind: 'denied',
        message: `the credentials have expired (${code})`,
        remedy: 'renew them, such as by aws sso login',
      };
    case 'InvalidObjectState':
      return { kind: 'read', message: 'is archived (InvalidObjectState)', remedy: 'restore it first' };
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'IllegalLocationConstraintException': {
      const where = region ?? server.region;
      if (where !== undefined)
        return { kind: 'denied', message: `the bucket is in region ${where} (${code})`, remedy: `--region ${where}` };
      break;
    }
  }
  if (status === 401 || status === 403) {
    const remedy =
      shown.signedAs === undefined
        ? 'give credentials; --absent 403,404 treats it as missing'
        : WRONG_KEY.has(code)
          ? 'check the key: it is unknown there, or its secret is wrong'
          : 'ask for the right to read it, or --anonymous for public data';
    return { kind: 'denied', message: `access denied (${status} ${code}, ${signed})`, remedy };
  }
  if (status === 407) {
    const remedy = REMEDIES.find(([pattern]) => pattern.test('PROXY_407'))?.[1];
    return { kind: 'read', message: `${CODE_TEXTS.PROXY_407} (407)`, remedy: remedy! };
  }
  if (status >= 300 && status < 400) return { kind: 'read', message: `the server sends elsewhere (${status})` };
  const said = server.message === undefined ? '' : `: ${server.message}`;
  const tried = attempts > 1 ? `, ${attempts} tries` : '';
  return { kind: 'read', message: `the server answered ${status} (${code}${tried})${said}` };
}

const CODE_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'no host of that name',
  EAI_AGAIN: "the host's name can't be looked up now",
  SHORT_BODY: 'the body ended early',
  LONG_BODY: 'the body is longer than its head said',
  EMFILE: 'too many open files',
  PROXY_407: 'the proxy wants a user and a password',
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate is signed by an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is signed by an authority that is not trusted",
};
/** What mends a failure below HTTP, by its code. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^PROXY_407$/, 'HTTPS_PROXY=http://user:password@host:port'],
  [/^PROXY_/, 'NO_PROXY=HOST for a server that is reached without it'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, "the server needs a new one; or this machine's clock is wrong"],
  [/ALTNAME/, 'use a name that the certificate has'],
  [/^(EPROTO|ERR_SSL_)/, 'http:// for a server without TLS'],
  [/CERT|TLS|SELF_SIGNED|UNABLE_TO/, '--ca FILE with the certificate of the authority, if you trust it'],
];

function textOf(code: string): string | undefined {
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return 'the server does not speak TLS as it must';
  return CODE_TEXTS[code] ?? (code.startsWith('PROXY_') ? 'the proxy refused the connection' : undefined);
}

/** The error for an exchange that failed below HTTP. */
export function failedExchange(shown: Shown, error: TransportError, attempts: number, offset: number): LsioError {
  const { code } = error;
  const where = shown.host === undefined ? '' : ` by ${shown.host}`;
  const tried = attempts > 1 ? `, ${attempts} tries` : '';
  const text = textOf(code) ?? error.message.split('\n')[0];
  const remedy = REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
  const via = error.proxyHost === undefined ? '' : ` through the proxy ${error.proxyHost}`;
  const message = `${shown.name}: ${text} (${code}${where}${via} at byte ${offset}${tried})`;
  return new LsioError('read', message, { code, path: shown.name, offset, attempts, remedy, cause: error });
}

/** The error for an answer that contradicts the request. */
export function wrongAnswer(shown: Shown, verdict: Verdict, offset: number): LsioError {
  if (verdict.kind === 'range-ignored') {
    const whole = verdict.lengthBytes === undefined ? 'the whole object' : `all ${verdict.lengthBytes} bytes`;
    const message = `${shown.name}: the server ignores ranges (200 and ${whole}): not read`;
    return new LsioError('read', message, { code: 'HTTP_RANGE_IGNORED', status: 200, path: shown.name, offset });
  }
  const { code, what } = verdict as Extract<Verdict, { kind: 'wrong' }>;
  const message = `${shown.name}: the answer is not what was asked for: ${what} (${code})`;
  return new LsioError('read', message, { code, path: shown.name, offset });
}

/** The error for an object that was replaced while it was read. */
export function changedBetween(shown: Shown, was: Version, now: Version, offset: number): LsioError {
  const tags = was.etag !== undefined && now.etag !== undefined ? ` (ETag ${was.etag} → ${now.etag})` : '';
  const message = `${shown.name}: changed while it was read${tags} at byte ${offset}`;
  return new LsioError('changed', message, { path: shown.name, offset, remedy: 'read it again' });
}
