import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evict } from '../src/bench/cache.js';
import { named, noUring } from '../test/helpers/engine-child.js';
import { type JudgedRow, judge, judgeRow } from './peers/judge.js';
import { peersMarkdown } from './peers/report.js';
import { cellsFor, rowIds } from './peers/table.js';

const NO_FIO = spawnSync('fio', ['--version']).status === 0 ? undefined : 'no fio';

describe('judge()', () => {
  test.each([
    [{ value: 1.2, low: 0.9, high: 1.5 }, 6, { min: 1.1 }, 'reached'],
    [{ value: 1.0, low: 0.9, high: 1.1 }, 6, { min: 1.1 }, 'undecided'],
    [{ value: 1.0, low: 0.9, high: 1.09 }, 6, { min: 1.1 }, 'missed'],
    [{ value: 9, low: 8, high: 10 }, 2, { min: 1.1 }, 'undecided'],
    [{ value: 100, low: 90, high: 130 }, 3, { max: 124 }, 'reached'],
    [{ value: 130, low: 124, high: 140 }, 3, { max: 124 }, 'undecided'],
    [{ value: 130, low: 125, high: 140 }, 3, { max: 124 }, 'missed'],
  ] as const)('%j of %d pairs against %j is %s', (estimate, pairs, goal, verdict) => {
    expect(judge(estimate, pairs, goal)).toBe(verdict);
  });
});

function runsOf(...wallNs: readonly number[]) {
  return wallNs.map((ns) => {
    const sample = { wallNs: ns, cpuUserNs: ns, cpuSystemNs: ns, operations: 10, bytes: 1000 };
    return { sample, residentBytesBefore: 0, valid: ns > 0, device: undefined, samples: [], stealNs: undefined };
  });
}

describe('judgeRow()', () => {
  const row = { id: 'row', name: 'a row', ours: 'lsio', rival: ['slow', 'fast'], goal: { min: 3 } };

  test('pairs neighbouring runs with the fastest rival, and leaves out pairs with an invalid run', () => {
    const runs = new Map([
      ['lsio', runsOf(10, 20, 30, 0)],
      ['slow', runsOf(90, 90, 90, 90)],
      ['fast', runsOf(40, 60, 60, 60)],
    ]);
    expect(judgeRow('cell', row, runs)).toMatchObject({ rival: 'fast', value: 3, pairs: 3, verdict: 'reached' });
    expect(judgeRow('cell', { ...row, metric: 'cpu' }, runs).value).toBeCloseTo(1 / 3);
  });

  test('without a valid pair has no figure and decides nothing', () => {
    const runs = new Map([
      ['lsio', runsOf(0)],
      ['fast', runsOf(1)],
    ]);
    expect(judgeRow('cell', row, runs)).toMatchObject({ value: null, low: null, pairs: 0, verdict: 'undecided' });
  });
});

describe('cellsFor()', () => {
  test('gives each row the sides that it needs, and starts no others', () => {
    const { goals, further } = rowIds();
    const ids = [...goals, ...further];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids.filter((one) => one !== 'memory')) {
      const [cell, ...others] = cellsFor([id]);
      expect([others, cell?.rows.length]).toEqual([[], 1]);
      const [row] = cell!.rows;
      expect(Object.keys(cell!.sides).sort()).toEqual([row!.ours, row!.rival].flat().sort());
      expect(row!.name.length).toBeLessThanOrEqual(27);
    }
  });
});

const skip = noUring ?? NO_FIO;
describe('bench-peers', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lsio-peers-test-'));
    mkdirSync(path.join(directory, 'small'));
    for (let file = 0; file < 50; file++)
      writeFileSync(path.join(directory, 'small', `f${file}`), Buffer.alloc(4096, file));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.skipIf(skip !== undefined)(named('prints a table of 80 columns and saves what results.js renders', skip), () => {
    const json = path.join(directory, 'peers.json');
    const rows = ['--rows', 'small-warm-buffer,small-cold-ring', '--rows', 'cp,tar'];
    const args = [
      'scripts/bench-peers.js',
      '--small-dir',
      path.join(directory, 'small'),
      '--runs',
      '1',
      '--json',
      json,
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...rows], { encoding: 'utf8' });
    expect([status, stderr.match(/^[\w-]+: \d+ s$/gm)?.length]).toEqual([0, 4]);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const rival of ['fio', 'open+readSync', 'tar', 'cp -r']) expect(stdout).toContain(`  ${rival}  `);
    const document = JSON.parse(readFileSync(json, 'utf8'));
    expect(document).toMatchObject({ schema: 'lsio.peers/1', interrupted: false, runs: 1 });
    // A file system in memory can't be cold: a row says so then, instead of a figure.
    const cold = evict(path.join(directory, 'small', 'f0')) === 0 ? 1 : 0;
    expect(document.rows.map(({ id, pairs }: JudgedRow) => [id, pairs])).toEqual([
      ['small-cold-ring', cold],
      ['small-warm-buffer', 1],
      ['tar', cold],
      ['cp', cold],
    ]);
    for (const { value, pairs } of document.rows) expect(value > 0).toBe(pairs > 0);
    const page = peersMarkdown(document);
    expect(page).toContain('| 20k × 4 KiB cold, 1 ring | fio |');
    expect(page).toContain('### small-warm');
  });

  test('refuses a row that there is not', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/bench-peers.js', '--rows', 'nosuch'], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([2, '', 'bench-peers: --rows: no row begins with nosuch: see --help\n']);
  });
});
