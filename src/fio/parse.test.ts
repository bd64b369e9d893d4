import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { parseFioJson } from './parse.js';

/** Written by fio 3.33: two jobs, 8,000 reads of 4 KiB, O_DIRECT. */
const CAPTURED = readFileSync(new URL('parse.fixture.txt', import.meta.url), 'utf8');

describe('parseFioJson()', () => {
  test('parseFioJson() takes the figures of a real output', () => {
    expect(parseFioJson(CAPTURED)).toEqual({
      version: 'fio-3.33',
      reads: 8000,
      bytesRead: 32_768_000,
      wallNs: 486_000_000,
      cpuUserNs: 12_999_996,
      cpuSystemNs: 79_000_003,
      contextSwitches: 729,
      pageFaults: 24,
      majorPageFaults: 0,
      latencyNs: { p50: 2_007_040, p90: 2_506_752, p99: 4_554_752, p999: 6_389_760, p9999: 6_455_296 },
      errno: 0,
    });
  });

  test('parseFioJson() reads past notes before and after the JSON', () => {
    const notes = 'fio: this platform does not support {something}\nnote: both iodepth >= 1\n';
    expect(parseFioJson(`${notes}${CAPTURED}\nfio: done {really}\n`)).toEqual(parseFioJson(CAPTURED));
  });

  test('parseFioJson() has no latencies where fio took none', () => {
    const without = CAPTURED.replaceAll('"percentile"', '"other"');
    expect(parseFioJson(without).latencyNs).toBeUndefined();
  });

  test('parseFioJson() says at least a millisecond: its clock has no less', () => {
    expect(parseFioJson(CAPTURED.replace('"runtime" : 486', '"runtime" : 0')).wallNs).toBe(1e6);
  });

  test('parseFioJson() reports the errno that ended fio', () => {
    expect(parseFioJson(CAPTURED.replace('"error" : 0', '"error" : 24')).errno).toBe(24);
  });

  test.each([
    'total_ios',
    'io_bytes',
    'runtime',
    'usr_cpu',
    'sys_cpu',
    'job_runtime',
    'error',
    'jobs',
    'read',
    'fio version',
  ])('parseFioJson() refuses an output without %s, naming it', (field) => {
    const error = expect.objectContaining({ kind: 'unavailable', message: expect.stringContaining(field) });
    expect(() => parseFioJson(CAPTURED.replace(`"${field}" :`, '"gone" :'))).toThrow(error);
  });

  test('parseFioJson() refuses a second group of jobs', () => {
    const root = JSON.parse(CAPTURED);
    root.jobs.push(root.jobs[0]);
    expect(() => parseFioJson(JSON.stringify(root, undefined, 1))).toThrow('jobs');
  });

  test('parseFioJson() of damaged output gives an error of its own or the same figures, never anything else', () => {
    const good = parseFioJson(CAPTURED);
    const cut = fc.nat(CAPTURED.length).map((length) => CAPTURED.slice(0, length));
    const replaced = fc
      .tuple(fc.nat(CAPTURED.length - 1), fc.constantFrom('x', '{', '}', '"', 'null', '-', '[', '\n'))
      .map(([at, text]) => CAPTURED.slice(0, at) + text + CAPTURED.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(cut, replaced, fc.string(), fc.json()), (output) => {
        try {
          const report = parseFioJson(output);
          for (const value of [report.reads, report.bytesRead, report.wallNs, report.cpuUserNs])
            expect(value).toBeGreaterThanOrEqual(0);
          expect(Object.keys(report)).toEqual(Object.keys(good));
        } catch (error) {
          if (!isLsioError(error, 'unavailable')) throw error;
        }
      }),
    );
  });
});
