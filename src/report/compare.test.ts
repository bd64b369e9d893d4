import { describe, expect, test } from 'vitest';
import { renderComparison } from './compare.js';
import { compareResult } from './result.testing.js';

describe('renderComparison()', () => {
  const text = renderComparison(compareResult(), false);

  test('fits 80 columns, but for commands and their paths', () => {
    const commands = text.split('\n').filter((line) => /^ {4}(lsio|fio|cd) /.test(line));
    expect(commands.length).toBeGreaterThan(0);
    for (const line of text.split('\n')) {
      if (!commands.includes(line)) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  test('has a line for each comparison, both sides of it, and every caveat', () => {
    const { comparisons } = compareResult();
    for (const entry of comparisons) {
      expect(text).toContain(`${entry.case} ${entry.cache}`);
      expect(text).toContain(entry.verdict);
      expect(text).toContain(entry.fio.version);
      const words = text.replaceAll(/\s+/g, ' ');
      for (const caveat of entry.asymmetries) expect(words).toContain(caveat.replace(/=33$/, '=68'));
    }
    expect(text).toContain('Not the same on both sides, classic\n');
    expect(text.match(/nr_hugepages=\d+/g)).toEqual(['nr_hugepages=68', 'nr_hugepages=68']);
  });

  test('says that a ratio is no quotient of the medians, and gives too few runs no interval', () => {
    expect(text).toContain('ratio: lsio over fio, the median over pairs of neighbouring runs.');
    expect(text).toContain('0.98–1.04');
    const [first] = compareResult().comparisons;
    const wide = { ...first!, ratioLow: 0, ratioHigh: 12.87, verdict: 'undecided' as const };
    const few = renderComparison({ ...compareResult(), comparisons: [wide] }, false);
    expect(few).toContain('1.01  – (3 runs)  undecided');
    expect(few).not.toContain('12.87');
  });
});
