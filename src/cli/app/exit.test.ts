import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../assert.js';
import { type ErrorKind, LsioError } from '../../errors.js';
import { EXIT, exitCodes, failureOf, Interrupted } from './exit.js';

describe('failureOf()', () => {
  test.each<[ErrorKind, number]>([
    ['usage', 2],
    ['read', 1],
    ['range', 1],
    ['too-large', 1],
    ['unavailable', 3],
    ['output', 4],
    ['changed', 5],
    ['closed', 70],
  ])('%s exits with %i, and is told as it is', (kind, exitCode) => {
    const error = new LsioError(kind, 'what', { code: 'ECODE', path: 'p', offset: 3, remedy: 'mend it' });
    expect(failureOf(error)).toEqual({ exitCode, kind, code: 'ECODE', message: 'what', remedy: 'mend it' });
  });

  test('a pipe that was closed exits with 141', () => {
    expect(failureOf(new LsioError('output', '', { code: 'EPIPE' })).exitCode).toBe(141);
  });

  test('signals exit with 128 and their number', () => {
    expect(failureOf(new Interrupted('SIGINT'))).toMatchObject({ exitCode: 130, kind: 'interrupted', code: 'SIGINT' });
    expect(failureOf(new Interrupted('SIGTERM'))).toMatchObject({ exitCode: 143, code: 'SIGTERM' });
  });

  test('no memory is not a bug: what mends it is said', () => {
    const error = new RangeError('Array buffer allocation failed');
    const remedy = expect.stringContaining('ulimit -v');
    const message = 'no memory: Array buffer allocation failed';
    expect(failureOf(error)).toEqual({ exitCode: 3, kind: 'unavailable', code: 'ENOMEM', message, remedy });
    expect(failureOf(new RangeError('Invalid array length')).exitCode).toBe(70);
  });

  test.each([
    [new InvariantError('broken invariant: x'), 'broken invariant: x'],
    [new TypeError('y'), 'unexpected error: TypeError: y'],
    ['z', 'unexpected error: z'],
    [undefined, 'unexpected error: undefined'],
  ])('%s is a bug, and asks for a report', (error, message) => {
    const remedy = expect.stringContaining('please report it');
    expect(failureOf(error)).toEqual({ exitCode: 70, kind: 'internal', message, remedy });
  });

  test('want of file descriptors is no bug', () => {
    const error = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    expect(failureOf(error)).toMatchObject({ exitCode: 3, kind: 'unavailable', remedy: 'ulimit -n 1024' });
  });
});

test('README lists the exit codes as the help does', () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, '../../../README.md'), 'utf8');
  for (const [code, meaning] of exitCodes()) expect(readme).toContain(`\n| ${code} | ${meaning} |\n`);
  expect(new Set(exitCodes().map(([code]) => code)).size).toBe(Object.keys(EXIT).length);
});
