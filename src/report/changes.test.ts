import { describe, expect, test } from 'vitest';
import type { Change } from '../bench/baseline.js';
import { crossingText, renderChanges } from './changes.js';

const KEY = { case: 'whole-files', cache: 'cold', engine: 'promises', queueDepth: 128, rings: 1 } as const;
const CHANGES: readonly Change[] = [
  { ...KEY, metric: 'throughput', was: 2 ** 30, is: 2 ** 29, change: -0.5 },
  { ...KEY, metric: 'ops', was: 1000, is: 500, change: -0.5 },
  { ...KEY, metric: 'latency-p50', was: 1000, is: 1100, change: 0.1 },
  { ...KEY, metric: 'latency-p99', was: 1000, is: null, change: null },
  { ...KEY, metric: 'cpu', was: 1000, is: 11_000, change: 10 },
];

describe('renderChanges()', () => {
  test('has a row for each case, within 80 columns', () => {
    const lines = renderChanges(CHANGES, 'old.json', false).split('\n');
    expect(lines.slice(1)).toEqual([
      'Changes since old.json',
      'case                engine  depth  throughput      p50  p99        CPU',
      'whole-files cold  promises    128     −50.0 %  +10.0 %    –  +1000.0 %',
      '',
    ]);
  });

  test('is empty without changes', () => expect(renderChanges([], 'old.json', true)).toBe(''));
});

describe('crossingText()', () => {
  test('says what was, what is, and what was asked for', () => {
    expect(crossingText({ ...CHANGES[0]!, rings: 2, failIf: 'throughput<-10%', threshold: 0.9 * 2 ** 30 })).toBe(
      "whole-files cold promises depth 128 × 2 rings: throughput was 1.00 GiB/s, is 512 MiB/s (−50.0 %), threshold 922 MiB/s: --fail-if 'throughput<-10%'",
    );
    expect(crossingText({ ...CHANGES[3]!, was: null, failIf: 'latency-p99>2ms', threshold: 2e6 })).toBe(
      "whole-files cold promises depth 128: latency-p99 is not measured, threshold 2 ms: --fail-if 'latency-p99>2ms'",
    );
  });
});
