import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Asked, judge, rangeHeader, type Version } from './checks.js';

const headOf = (status: number, headers: Record<string, string>) => ({
  status,
  header: (name: string) => headers[name],
});
const part = (first: number, last: number, size: number, more: Record<string, string> = {}) =>
  headOf(206, { 'content-range': `bytes ${first}-${last}/${size}`, 'content-length': `${last - first + 1}`, ...more });

describe('judge()', () => {
  test('takes exactly what was asked for, clipped to the object, and nothing else', () => {
    const bytes = fc.nat({ max: 2000 });
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 1, max: 2000 }),
        bytes,
        bytes,
        fc.integer({ min: 1, max: 2000 }),
        (offset, length, first, extra, size) => {
          const last = first + extra;
          const verdict = judge({ offset, length }, {}, part(first, last, size));
          const sound = first === offset && last < Math.min(offset + length, size) && last < size;
          expect(verdict.kind).toBe(sound ? 'bytes' : 'wrong');
          if (verdict.kind === 'bytes') expect(verdict).toMatchObject({ offset: first, length: last - first + 1 });
        },
      ),
      { numRuns: 2000 },
    );
  });

  const asked: Asked = { offset: 10, length: 5 };
  const pinned: Version = { etag: '"a"', modified: 'Mon', sizeBytes: 100 };
  test.each<{ what: string; head: ReturnType<typeof headOf>; asked?: Asked; pin?: Version; kind: string }>([
    { what: 'the same version', head: part(10, 14, 100, { etag: '"a"' }), pin: pinned, kind: 'bytes' },
    { what: 'another ETag', head: part(10, 14, 100, { etag: '"b"' }), pin: pinned, kind: 'changed' },
    { what: 'another size', head: part(10, 14, 101, { etag: '"a"' }), pin: pinned, kind: 'changed' },
    { what: 'no ETag any more', head: part(10, 14, 100), pin: pinned, kind: 'changed' },
    {
      what: 'a weak ETag, and another date',
      head: part(10, 14, 100, { 'last-modified': 'Tue' }),
      pin: { modified: 'Mon' },
      kind: 'changed',
    },
    { what: 'a size of *', head: headOf(206, { 'content-range': 'bytes 10-14/*' }), kind: 'wrong' },
    { what: 'another Content-Length', head: part(10, 14, 100, { 'content-length': '6' }), kind: 'wrong' },
    {
      what: 'numbers beyond 2^53',
      head: headOf(206, { 'content-range': 'bytes 10-14/99999999999999999999' }),
      kind: 'wrong',
    },
    { what: 'a coded body', head: part(10, 14, 100, { 'content-encoding': 'br' }), kind: 'wrong' },
    { what: 'an identity coding', head: part(10, 14, 100, { 'content-encoding': 'identity' }), kind: 'bytes' },
    { what: '200 for a later range', head: headOf(200, { 'content-length': '5' }), kind: 'range-ignored' },
    {
      what: '200 that is short enough',
      head: headOf(200, { 'content-length': '5', etag: '"a"' }),
      asked: { offset: 0, length: 9 },
      kind: 'bytes',
    },
    {
      what: '200 that is short enough and of no version',
      head: headOf(200, { 'content-length': '5' }),
      asked: { offset: 0, length: 9 },
      kind: 'range-ignored',
    },
    {
      what: '200 that is too long',
      head: headOf(200, { 'content-length': '10' }),
      asked: { offset: 0, length: 9 },
      kind: 'range-ignored',
    },
    { what: '200 of unknown length', head: headOf(200, {}), asked: { offset: 0, length: 9 }, kind: 'range-ignored' },
    { what: 'a suffix', head: part(95, 99, 100), asked: { suffixLength: 5 }, kind: 'bytes' },
    { what: 'a suffix longer than the object', head: part(0, 99, 100), asked: { suffixLength: 500 }, kind: 'bytes' },
    { what: 'a suffix that begins too early', head: part(94, 99, 100), asked: { suffixLength: 5 }, kind: 'wrong' },
    { what: '416', head: headOf(416, { 'content-range': 'bytes */3' }), kind: 'past-the-end' },
    { what: '412', head: headOf(412, {}), kind: 'changed' },
    { what: '503', head: headOf(503, {}), kind: 'status' },
  ])('$what: $kind', ({ head, kind, asked: other = asked, pin = {} }) => {
    expect(judge(other, pin, head).kind).toBe(kind);
  });
});

test('rangeHeader() writes both forms', () => {
  expect(rangeHeader({ offset: 0, length: 1 })).toBe('bytes=0-0');
  expect(rangeHeader({ suffixLength: 8 })).toBe('bytes=-8');
});
