import { describe, expect, test } from 'vitest';
import { failedExchange, failedStatus, wrongAnswer } from './failures.js';
import { TransportError } from './message.js';
import { serverError } from './redact.js';
import { Backoff, classify, isFinalCode } from './retry.js';

const SHOWN = { name: 's3://data/a', host: 'data.test' };
const KEYS = { ...SHOWN, signedAs: 'AKIA…7Q' };

function answerOf(status: number, body = '', headers: Record<string, string> = {}) {
  return { head: { status, header: (name: string) => headers[name] }, bytes: 0, body: Buffer.from(body) };
}
const error = (code: string, more = '') => `<Error><Code>${code}</Code>${more}</Error>`;

describe('failedStatus()', () => {
  test.each([
    [403, error('RequestTimeTooSkewed'), {}, 'denied', 'the clock differs', 'set the clock'],
    [400, error('ExpiredToken'), {}, 'denied', 'have expired (ExpiredToken)', 'aws sso login'],
    [400, error('TokenRefreshRequired'), {}, 'denied', 'have expired', 'aws sso login'],
    [403, error('InvalidObjectState'), {}, 'read', 'is archived', 'restore it'],
    [301, error('PermanentRedirect'), { 'x-amz-bucket-region': 'r1' }, 'denied', 'is in region r1', '--region r1'],
    [400, error('AuthorizationHeaderMalformed', '<Region>r2</Region>'), {}, 'denied', 'region r2', '--region r2'],
    [400, error('IllegalLocationConstraintException'), {}, 'read', 'answered 400', undefined],
    [401, '', {}, 'denied', '(401 HTTP_401, unsigned)', 'give credentials'],
    [403, error('Denied'), { 'x-ms-error-code': 'Other' }, 'denied', '(403 Denied, unsigned)', 'give credentials'],
    [403, '', { 'x-ms-error-code': 'AuthorizationFailure' }, 'denied', 'AuthorizationFailure', 'give credentials'],
    [403, '', { 'x-amz-error-code': 'Hidden' }, 'denied', 'Hidden', 'give credentials'],
    [407, '', {}, 'read', 'the proxy wants a user', 'HTTPS_PROXY=http://user:password@host:port'],
    [302, '', {}, 'read', 'the server sends elsewhere (302)', undefined],
    [500, error('InternalError', '<Message>we\nbroke ?secret</Message>'), {}, 'read', '2 tries): we broke', undefined],
  ])('status %i, %s, %j', (status, body, headers, kind, message, remedy) => {
    const failure = failedStatus(SHOWN, answerOf(status, body, headers), 2, 7);
    const expected = { kind, status, path: 's3://data/a', offset: 7, attempts: 2 };
    expect(failure).toMatchObject({ ...expected, message: expect.stringContaining(message) });
    if (remedy === undefined) expect(failure.remedy).toBeUndefined();
    else expect(failure.remedy).toContain(remedy);
    expect(failure.message).not.toContain('secret');
  });

  test('with credentials it says whose they are, and what to do', () => {
    const wrong = failedStatus(KEYS, answerOf(403, error('InvalidAccessKeyId')), 1, 0);
    expect(wrong).toMatchObject({ kind: 'denied', message: expect.stringContaining('signed as AKIA…7Q') });
    expect(wrong.remedy).toContain('check the key');
    expect(failedStatus(KEYS, answerOf(403, error('AccessDenied')), 1, 0).remedy).toContain('--anonymous');
  });

  test.each(['x-amz-request-id', 'x-ms-request-id', 'x-guploader-uploadid', 'x-request-id'])(
    'takes %s along',
    (name) => {
      expect(failedStatus(SHOWN, answerOf(500, '', { [name]: 'id-1' }), 1, 0)).toMatchObject({ requestId: 'id-1' });
    },
  );
});

test('serverError() takes nothing of what is no XML, and shortens what is', () => {
  expect(serverError('{"Code":"x"}<Code>planted</Code>', undefined)).toEqual({
    ...{ code: undefined, message: undefined, requestId: undefined, region: undefined },
  });
  const body = `<?xml version="1.0"?><Error><Code>A&#66;&#x43;&quot;&unknown;&#x110000;</Code><RequestId>r</RequestId><Message>${'m'.repeat(300)}</Message></Error>`;
  const { code, requestId, message } = serverError(body, undefined);
  expect({ code, requestId }).toEqual({ code: 'ABC"&unknown;&#x110000;', requestId: 'r' });
  expect(message).toHaveLength(200);
});

describe('failedExchange()', () => {
  test.each([
    ['ECONNREFUSED', 'the connection was refused', undefined],
    ['PROXY_407', 'the proxy wants a user and a password', 'HTTPS_PROXY'],
    ['PROXY_502', 'the proxy refused the connection', 'NO_PROXY'],
    ['EPROTO', 'does not speak TLS', 'http://'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS', 'http://'],
    ['CERT_HAS_EXPIRED', 'has expired', 'clock is wrong'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name', 'a name that the certificate has'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not trusted', '--ca FILE'],
    ['EODD', 'first line', undefined],
  ])('%s', (code, text, remedy) => {
    const failure = failedExchange(SHOWN, new TransportError(code, 'first line\nsecond', 0), 1, 5);
    expect(failure.message.startsWith('s3://data/a: ')).toBe(true);
    expect(failure.message).not.toContain('second');
    expect(failure).toMatchObject({ kind: 'read', code, offset: 5, message: expect.stringContaining(text) });
    expect(failure.message).toContain(`(${code} by data.test at byte 5)`);
    if (remedy === undefined) expect(failure.remedy).toBeUndefined();
    else expect(failure.remedy).toContain(remedy);
  });

  test('names the proxy, the tries, and no host where there is none', () => {
    const lost = new TransportError('ECONNRESET', 'x', 0, undefined, 'proxy.test:3128');
    const { message } = failedExchange({ name: 'a' }, lost, 3, 0);
    expect(message).toBe(
      'a: the connection was closed (ECONNRESET through the proxy proxy.test:3128 at byte 0, 3 tries)',
    );
  });
});

test('wrongAnswer() says how much came in place of a range', () => {
  const ignored = (lengthBytes?: number) => wrongAnswer(SHOWN, { kind: 'range-ignored', lengthBytes }, 0).message;
  expect(ignored()).toContain('the whole object');
  expect(ignored(9)).toContain('all 9 bytes');
  expect(wrongAnswer(SHOWN, { kind: 'wrong', code: 'C', what: 'something else' }, 0)).toMatchObject({ code: 'C' });
});

test.each([
  [200, 'ok'],
  [304, 'ok'],
  [429, 'throttled'],
  [503, 'throttled'],
  [408, 'again'],
  [500, 'again'],
  [502, 'again'],
  [504, 'again'],
  [302, 'final'],
  [403, 'final'],
  [501, 'final'],
])('classify(%i): %s', (status, expected) => {
  expect(classify(status)).toBe(expected);
});

test.each(['ENOTFOUND', 'EMFILE', 'ENFILE', 'EPROTO', 'PROXY_407', 'CERT_HAS_EXPIRED'])('%s is final', (code) => {
  expect([isFinalCode(code), isFinalCode('ECONNRESET'), isFinalCode('PROXY_502')]).toEqual([true, false, false]);
});

test('Backoff waits longer each time, up to 15 seconds, and as long as the server asks for, up to a minute', () => {
  const backoff = new Backoff(() => 1);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.nextMs())).toEqual([300, 900, 2700, 8100, 15_000, 15_000]);
  backoff.reset();
  const after = (text: string) => backoff.nextMs({ status: 503, header: () => text }, Date.UTC(2026, 0, 1));
  expect(after('20')).toBe(20_000);
  expect(after('3600')).toBe(60_000);
  expect(after('Thu, 01 Jan 2026 00:00:30 GMT')).toBe(30_000);
  backoff.reset();
  expect([after(''), after('soon'), after('Thu, 01 Jan 2020 00:00:00 GMT')]).toEqual([300, 900, 2700]);
});
