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
      for (const caveat of entry.asymmetries) expect(words).toContain(caveat);
    }
  });
});
