import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DialectError, parseHead } from './lean-head.js';

interface Read {
  readonly status: number;
  readonly lengthBytes: number;
  readonly isLast: boolean;
  readonly values: readonly (string | undefined)[];
}

const NAMES = [
  'etag',
  'content-range',
  'last-modified',
  'content-encoding',
  'connection',
  'x-amz-request-id',
  'server',
];

/** The dialect as regular expressions: slow, and plain to see. Undefined: it is not of the dialect. */
function reference(text: string, isHeadRequest: boolean): Read | undefined {
  const head =
    /^HTTP\/1\.1 ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n$/.exec(
      text,
    );
  if (head === null) return undefined;
  const valuesOf = (name: string) => {
    const values = [...head[2]!.matchAll(/^([^:]+):[ \t]*(.*?)[ \t]*\r\n/gm)].filter(
      ([, of]) => of!.toLowerCase() === name,
    );
    return values.length === 0 ? undefined : values.map(([, , value]) => value).join(', ');
  };
  const status = Number(head[1]);
  const length = valuesOf('content-length');
  const isEmpty = isHeadRequest || status === 204 || status === 304;
  if (valuesOf('transfer-encoding') !== undefined) return undefined;
  if (!isEmpty && (length === undefined || !/^\d{1,15}$/.test(length))) return undefined;
  const isLast = /\bclose\b/i.test(valuesOf('connection') ?? '');
  return { status, lengthBytes: isEmpty ? 0 : Number(length), isLast, values: NAMES.map(valuesOf) };
}

function read(text: string, isHeadRequest: boolean): Read | undefined {
  try {
    const head = parseHead(Buffer.from(text, 'latin1'), isHeadRequest);
    if (head === undefined || head.endBytes !== text.length) return undefined;
    const { status, lengthBytes, isLast } = head;
    return { status, lengthBytes, isLast, values: NAMES.map((name) => head.header(name)) };
  } catch (error) {
    expect(error).toBeInstanceOf(DialectError);
    return undefined;
  }
}

const SOUND = [
  'HTTP/1.1 206 Partial Content\r\nServer: nginx\r\nContent-Length: 5\r\nETag: "a"\r\nContent-Range: bytes 0-4/9\r\n\r\n',
  'HTTP/1.1 200\r\ncontent-length:7\r\nconnection: Close\r\nLAST-MODIFIED:\t Sat \t\r\nx-amz-request-id: \r\n\r\n',
  'HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nETag: a\r\netag: b\r\nContent-Encoding: gzip\r\n\r\n',
  'HTTP/1.1 204 No\r\nConnection: keep-alive\r\nX-Y: \xa0\xff\r\n\r\n',
  'HTTP/1.1 206 P\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
];

describe('parseHead()', () => {
  test('reads what the dialect is, and nothing else: as the regular expressions say', () => {
    let taken = 0;
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        ':',
        ' ',
        '\t',
        'close',
        'Content-Length: 3\r\n',
        'etag:x\r\n',
        '1',
        '\x0b',
      ),
      fc.string({ maxLength: 3, unit: 'binary-ascii' }),
    );
    const edit = fc.record({ at: fc.nat({ max: 160 }), removed: fc.nat({ max: 3 }), piece });
    fc.assert(
      fc.property(fc.constantFrom(...SOUND), fc.array(edit, { maxLength: 3 }), fc.boolean(), (sound, edits, isHead) => {
        let text = sound;
        for (const { at, removed, piece } of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + piece + text.slice(place + removed);
        }
        // A head ends at its first empty line.
        const end = text.indexOf('\r\n\r\n');
        if (end >= 0) text = text.slice(0, end + 4);
        const expected = reference(text, isHead);
        expect(read(text, isHead)).toEqual(expected);
        if (expected !== undefined) taken++;
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(4000);
  });

  test.each(SOUND)('has not ended before its end: %j', (text) => {
    const bytes = Buffer.from(text, 'latin1');
    for (let count = 0; count < bytes.length; count++) expect(parseHead(bytes, false, count)).toBeUndefined();
  });

  test('takes nothing of what comes after it', () => {
    const bytes = Buffer.from(`${SOUND[0]}\r\nETag: "b"\r\n\r\n`, 'latin1');
    const head = parseHead(bytes, false);
    expect(head?.header('etag')).toBe('"a"');
    expect(head?.endBytes).toBe(SOUND[0]!.length);
  });

  test('ends with a named error where one name has a thousand lines', () => {
    const text = `HTTP/1.1 200 OK\r\n${'ETag: a\r\n'.repeat(1000)}\r\n`;
    expect(() => parseHead(Buffer.from(text), false)).toThrow(DialectError);
  });
});
