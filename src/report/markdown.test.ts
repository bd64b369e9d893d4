import { describe, expect, test } from 'vitest';
import { benchMarkdown, compareMarkdown, escapeMarkdown } from './markdown.js';
import { benchResult, compareResult } from './result.testing.js';

const NAME = '<b>|"x';

/** The cells of every table: bars that are escaped don't part cells. */
function tables(text: string): string[][][] {
  const blocks = text.split('\n\n').filter((block) => block.startsWith('| '));
  return blocks.map((block) =>
    block.split('\n').map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ),
  );
}

describe('escapeMarkdown()', () => {
  test('leaves plain words alone and disarms the rest', () => {
    expect(escapeMarkdown('O_DIRECT, 95 %: 1.2–1.3')).toBe('O_DIRECT, 95 %: 1.2–1.3');
    expect(escapeMarkdown('<b>|`*_x_[1]\\&amp;\n- y')).toBe('\\<b\\>\\|\\`\\*\\_x\\_\\[1\\]\\\\\\&amp; - y');
  });
});

describe('benchMarkdown()', () => {
  test('has a row for each case, state, engine and depth, with its figures', () => {
    const { cases } = benchResult();
    const text = benchMarkdown(benchResult());
    const all = tables(text);
    expect([...text.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual([
      'whole-files · cold',
      'whole-files · warm',
      'big-random · cold',
      'Warnings',
    ]);
    const rows = all.flatMap((table) => table.slice(2));
    expect(rows.map(([engine, depth]) => [engine, depth])).toEqual(
      cases.map(({ engine, queueDepth }) => [engine, String(queueDepth)]),
    );
    for (const table of all) expect(new Set(table.map((cells) => cells.length)).size).toBe(1);
    const columns = all[0]![0]!;
    expect(columns).toEqual(expect.arrayContaining(['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'CPU s/GiB', 'queue']));
    expect(rows[0]![columns.indexOf('MiB/s')]).toBe((0.62 * 1024).toFixed(1));
    expect(rows.at(-1)).toEqual(['callback', '64', ...new Array<string>(columns.length - 3).fill('–'), '0/5']);
    expect(text).toContain('28.8 of 32 reads in hand');
  });

  test('shows columns that differ between engines', () => {
    const result = benchResult();
    const [first, second] = result.cases;
    const text = benchMarkdown({ ...result, cases: [first!, { ...second!, rings: 2, direct: false }] });
    expect(tables(text)[0]!.map((cells) => cells.slice(0, 4))).toEqual([
      ['engine', 'depth', 'rings', 'I/O'],
      ['---', '---:', '---:', '---'],
      ['uring', '1', '1', 'O_DIRECT'],
      ['promises', '1', '2', 'buffered'],
    ]);
  });

  test('shows names as they are, and nothing for what is not known', () => {
    const text = benchMarkdown(benchResult(NAME));
    expect(text).toContain('- **Directory**: \\<b\\>\\|"x\n');
    expect(text).not.toContain('<b>');
    expect(text).not.toMatch(/null|NaN|undefined/);
  });
});

describe('compareMarkdown()', () => {
  test('has the verdicts, the caveats with what they concern, and both command lines', () => {
    const result = compareResult();
    const text = compareMarkdown(result);
    const [overview = []] = tables(text);
    expect(overview.slice(2).map((cells) => [cells[0], cells[1], cells.at(-3), cells.at(-1)])).toEqual(
      result.comparisons.map((entry) => [
        `${entry.case} ${entry.cache}`,
        entry.baseline,
        entry.ratio.toFixed(2),
        entry.verdict,
      ]),
    );
    expect(text).toContain('- lsio reports to JavaScript, fio to nobody\n');
    expect(text).toMatch(/sides, classic\n\n.*\n?- fio opens its files before the clock starts\n/);
    for (const { lsio, fio } of result.comparisons) {
      expect(text).toContain(`\`\`\`sh\n${lsio.commandLine}\n${fio.commandLine}\n\`\`\``);
    }
    expect(text).toContain('```ini\n[whole-files]\nioengine=io_uring\n```');
    expect(text).toContain('- **Command**: lsio compare-fio --runs 6\n');
    // One setting serves all: the largest.
    expect(text.match(/nr_hugepages=\d+/g)).toEqual(['nr_hugepages=68', 'nr_hugepages=68']);
    expect(text).toContain('interrupted');
    expect(text).toContain('the load average was 2.4 on 2 CPUs');
    expect(text).not.toMatch(/null|NaN|undefined/);
  });

  test('no name ends a code fence', () => {
    const text = compareMarkdown(compareResult('a```b'));
    expect(text).toMatch(/^````sh\n.*a```b.*\n.*\n````$/m);
  });
});
