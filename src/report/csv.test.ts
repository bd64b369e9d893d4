import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benchCsv, type CsvCell, compareCsv, csvText } from './csv.js';
import { benchResult, compareResult } from './result.testing.js';

/** RFC 4180's grammar, a character at a time: what any reader of such files does. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (quoted && char === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ',') {
      row.push(cell);
      cell = '';
    } else if (!quoted && char === '\r' && text[at + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      at += 1;
    } else cell += char;
  }
  expect(quoted).toBe(false);
  expect([...row, cell]).toEqual(['']);
  return rows;
}

function records(text: string): Record<string, string>[] {
  const [head = [], ...rows] = parseCsv(text);
  expect(new Set(head).size).toBe(head.length);
  return rows.map((cells) => {
    expect(cells).toHaveLength(head.length);
    return Object.fromEntries(head.map((name, index) => [name, cells[index] ?? '']));
  });
}

function shown(value: CsvCell): string {
  return value === null ? '' : String(value);
}

describe('csvText()', () => {
  test('is read back as it was, whatever the text', () => {
    const cell = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', ' ') }));
    const rows = fc.integer({ min: 1, max: 5 }).chain((width) => {
      return fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 });
    });
    fc.assert(
      fc.property(rows, (table) => {
        expect(parseCsv(csvText(table))).toEqual(table);
      }),
    );
  });

  test('leaves out what is no number', () => {
    expect(csvText([[null, Number.NaN, Number.POSITIVE_INFINITY, 0, true, 'a"b']])).toBe(',,,0,true,"a""b"\r\n');
  });
});

describe('benchCsv()', () => {
  test('has every field of every run under its name in the JSON', () => {
    const result = benchResult();
    const lines = records(benchCsv(result));
    expect(lines).toHaveLength(result.cases.reduce((sum, entry) => sum + entry.runs.length, 0));
    let at = 0;
    for (const entry of result.cases) {
      for (const [index, run] of entry.runs.entries()) {
        const line = lines[at]!;
        at += 1;
        const { case: name, cache, direct, engine, queueDepth, rings } = entry;
        const expected = { case: name, cache, direct, engine, queueDepth, rings, run: index + 1, ...run };
        for (const [field, value] of Object.entries(expected))
          expect([field, line[field]]).toEqual([field, shown(value)]);
        expect(Number(line.bytesPerSecond)).toBeCloseTo((run.bytes / run.wallNs) * 1e9);
        expect(Number(line.operationsPerSecond)).toBeCloseTo((run.operations / run.wallNs) * 1e9);
      }
    }
  });

  test('has no rate for a run that took no time', () => {
    const result = benchResult();
    const [entry] = result.cases;
    const runs = entry!.runs.map((run) => ({ ...run, wallNs: 0 }));
    const [line] = records(benchCsv({ ...result, cases: [{ ...entry!, runs }] }));
    expect([line?.bytesPerSecond, line?.operationsPerSecond]).toEqual(['', '']);
  });
});

describe('compareCsv()', () => {
  test('has a line for each side and run', () => {
    const result = compareResult();
    const lines = records(compareCsv(result));
    const told = lines.map(({ case: name, cache, baseline, side, version, run, wallNs }) => {
      return [name, cache, baseline, side, version, Number(run), Number(wallNs)];
    });
    const expected = result.comparisons.flatMap(({ case: name, cache, baseline, lsio, fio }) =>
      Object.entries({ lsio, fio }).flatMap(([side, { version, runs }]) =>
        runs.map((run, index) => [name, cache, baseline, side, version, index + 1, run.wallNs]),
      ),
    );
    expect(told).toEqual(expected);
  });
});
