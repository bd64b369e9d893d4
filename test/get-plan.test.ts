import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const MIB = 1024 * 1024;
const FILES: Readonly<Record<string, number>> = {
  empty: 0,
  small: 5000,
  middle: 3 * MIB + 1,
  'd/a': 10_000,
  'd/e/b': 4096,
};

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-plan-'));
  mkdirSync(path.join(directory, 'd/e'), { recursive: true });
  for (const [name, size] of Object.entries(FILES)) writeFileSync(path.join(directory, name), Buffer.alloc(size, 1));
  for (const [name, size] of Object.entries({ pieces: 12 * MIB, long: 12 * MIB + 1, eight: 8 * MIB })) {
    writeFileSync(path.join(directory, name), '');
    truncateSync(path.join(directory, name), size);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function get(args: readonly string[], input = '') {
  return runLsio(['get', '-q', ...args], { cwd: directory, input });
}

/** What a plan and a run must have in common. */
function figuresOf(args: readonly string[], input: string, how: string) {
  const result = get([...args, how, '--json'], input);
  const { wallNs, items, dryRun, direct, order, ...document } = documentOf(result);
  expect(wallNs).toBeGreaterThan(0);
  expect(dryRun).toBe(how === '--dry-run' ? true : undefined);
  // What is in the page cache isn't known before.
  expect(direct === undefined).toBe(how === '--dry-run');
  expect(order).toBe(how === '--dry-run' ? 'given' : undefined);
  const byText = (items as object[]).map((item) => JSON.stringify(item)).sort();
  return { ...document, items: byText, status: result.status };
}

function expectPlanIsRun(args: readonly string[], input = ''): void {
  expect(figuresOf(args, input, '--dry-run')).toEqual(figuresOf(args, input, '--discard'));
}

describe('lsio get --dry-run', () => {
  test.each([
    ['files', ['small', 'middle', 'empty', 'small']],
    ['a tree', ['-r', '.', '--exclude', 'long', '--exclude', 'pieces']],
    ['a glob', ['**/[ab]']],
    ['a file of exactly 8 MiB', ['eight', '-R', '0-', '-R', '-8388608']],
    ['a long file', ['long']],
    ['a long file that ends with a piece', ['pieces']],
    [
      'long ranges',
      ['long#bytes=5-10000004', 'pieces#bytes=5-99999999', 'pieces#bytes=1048576-', 'long#bytes=-9000000'],
    ],
    ['a long range up to the end', ['pieces#bytes=0-12582911', 'long#bytes=1048577-12582912']],
    ['ranges', ['small', '-R', '0-9', '-R', '4990-6000', '-R', '-7', '-R', '5-', '-R', '100-199', '-R', '150-160']],
    ['ranges with gaps', ['middle#bytes=0-9,20000-20009,36000-36009,3000000-3145728', '--coalesce', '20k']],
    ['ranges split', ['middle#bytes=0-999999,1000000-2999999', '--max-read', '300k']],
    ['what is read in parts', ['-r', '.', '--max-read', '100k']],
    [
      'ranges read in parts',
      ['middle', 'long', '-R', '0-', '-R', '-700000', '-R', '3000000-3999999', '--max-read', '64k'],
    ],
    ['what fails in parts', ['nosuch', 'd', 'small#bytes=0-4999', 'nosuch#bytes=0-9999', 'empty', '--max-read', '512']],
    ['ranges not merged', ['middle#bytes=0-999999,5-10,7-9', '--coalesce', 'off']],
    [
      'what fails',
      ['nosuch', 'd', 'small#bytes=5000-', 'nosuch#bytes=0-9,20-29', 'small/x', '/dev/null', 'empty#bytes=0-1'],
    ],
    ['a pattern that nothing matches', ['x*']],
  ])('says of %s what the run says', (_, args) => {
    expectPlanIsRun(args);
  });

  test('says of any requests what the run says', () => {
    const request = fc.record(
      {
        path: fc.constantFrom('small', 'middle', 'd/a', 'empty', 'nosuch'),
        offset: fc.nat(12_000),
        length: fc.nat(3000),
      },
      { requiredKeys: ['path', 'offset', 'length'] },
    );
    const any = fc.oneof(
      { weight: 6, arbitrary: request },
      fc.record({ path: fc.constantFrom('small', 'empty'), suffixLength: fc.nat(6000) }),
      fc.record({ path: fc.constantFrom('small', 'd') }),
      fc.constant({ path: 1 }),
    );
    const gap = fc.constantFrom('auto', 'off', '0', '500');
    const limit = fc.constantFrom<string[]>([], ['--max-read', '600']);
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), gap, limit, (requests, coalesce, maxRead) => {
        // Requests on one file often follow one another. (A last line without an end comes later than the others, and may
        // be merged with them or not.)
        const sorted = [...requests].sort((a, b) => String(a.path).localeCompare(String(b.path)));
        for (const list of [requests, sorted]) {
          expectPlanIsRun(
            ['--requests', '-', '--coalesce', coalesce, ...maxRead],
            list.map((line) => `${JSON.stringify(line)}\n`).join(''),
          );
        }
      }),
      { numRuns: 6 },
    );
  }, 60_000);

  test('prints a table, with the files when it is to be verbose', () => {
    const { status, stdout, stderr } = get(['small#bytes=0-9,100-109', 'd/a', '--dry-run', '--engine', 'node']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.toString()).toBe(
      [
        'plan',
        'files                             2',
        'items                             3',
        'reads                             2',
        'bytes asked       10,020 (9.79 KiB)',
        'bytes to be read  10,110 (9.87 KiB)',
        'delivery                   as asked',
        'order                      as given',
        'depth                           256',
        'engine                         node',
        '',
      ].join('\n'),
    );
    const files = get(['-r', 'd', 'nosuch', '--dry-run', '-o', 'out', '-v']);
    expect(files.status).toBe(1);
    expect(files.stdout.toString()).toMatch(
      /delivery +as they come\norder +as given\n[\s\S]*\nd\/a +1 +1 +10,000 +10,000\nd\/e\/b +1 +1 +4,096 +4,096\nnosuch +0/,
    );
  });

  test('says when files would be read in device order, and how many at a time', () => {
    mkdirSync(path.join(directory, 'many'));
    const many = Array.from({ length: 32 }, (_, at) => `many/${at}`);
    for (const name of many) writeFileSync(path.join(directory, name), 'x');
    const order = (args: readonly string[]) =>
      /^order +(.*)$/m.exec(get([...args, '--dry-run']).stdout.toString())?.[1];
    expect(order(many)).toBe('as given');
    expect(order([...many, '--read-order', 'device'])).toBe('device (inode) in windows of 2,048');
    expect(order([...many, '--discard'])).toBe('device (inode) in windows of 20,480');
    expect(order([...many.slice(1), '--discard'])).toBe('as given');
    expect(order([...many, '--discard', '--read-order', 'given'])).toBe('as given');
    const { stdout } = get([...many, '--discard', '--dry-run', '--json', '--no-items']);
    expect(JSON.parse(stdout.toString())).toMatchObject({ dryRun: true, order: 'device' });
  });

  test('lists 40 files at most', () => {
    mkdirSync(path.join(directory, 'lines'));
    const names = Array.from({ length: 41 }, (_, at) => `lines/${at}`);
    for (const name of names) writeFileSync(path.join(directory, name), name);
    const text = (count: number) => get([...names.slice(0, count), '--dry-run', '-v']).stdout.toString();
    expect(text(40).match(/^lines\/\d+ +1 +1 /gm)).toHaveLength(40);
    expect(text(41).match(/^lines\/\d+ +1 +1 /gm)).toHaveLength(40);
    expect(text(40)).not.toContain('and more');
    expect(text(41)).toMatch(/\n… and more: --json lists all\n$/);
    // One line for a file, however many items of it there are.
    const { stdout } = get(['-', '--dry-run', '-v'], 'small\nd/a\n'.repeat(30));
    expect(stdout.toString().match(/^(small|d\/a) +30 +30 /gm)).toHaveLength(2);
  });
});
