import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { errnoText, readError } from './errors.js';

test('errnoText() knows what storage answers, also where libuv has no text for it', () => {
  const { EIO, EDQUOT, ESTALE } = constants.errno;
  expect(errnoText(EIO)[0]).toBe('EIO');
  expect(errnoText(EDQUOT)).toEqual(['EDQUOT', 'disk quota exceeded']);
  expect(errnoText(ESTALE)).toEqual(['ESTALE', 'stale file handle']);
  expect(errnoText(4000)).toEqual(['errno 4000', 'unknown error']);
  expect(readError('/nfs/a', 7, ESTALE).message).toBe('/nfs/a: stale file handle (ESTALE at byte 7)');
});
