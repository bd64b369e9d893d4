import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const noFio = spawnSync('fio', ['--version']).status === 0 ? undefined : 'fio is missing: apt-get install fio';
const noUser = process.getuid?.() === 0 ? undefined : 'only root can take its rights from itself';

let directory = '';
let files = '';
/** A result that later runs are compared with. */
let baseline = '';

/** Reads of the page cache by one thread: it needs neither io_uring nor fio. */
function benchArgs(...more: string[]): string[] {
  const work = ['--files', files, '--case', 'whole-files', '--engines', 'sync', '--cache', 'as-is', '--runs', '2'];
  return ['bench', ...work, '--min-time', '100ms', ...more];
}

function readJson(file: string): Record<string, unknown> {
  return documentOf({ stdout: readFileSync(file) });
}

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-bench-exports-'));
  files = path.join(directory, 'files');
  const shape = ['--count', '20', '--size', '4Ki', '--big-size', '64Mi', '--with', 'lsio'];
  runLsio(['files', 'create', '--dir', files, ...shape]);
  baseline = path.join(directory, 'baseline.json');
  expect(runLsio(benchArgs('--export-json', baseline)).status).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('lsio bench --export-…', () => {
  test('saves every format, and prints the tables', () => {
    const out = (name: string) => path.join(directory, name);
    const { status, stdout } = runLsio(
      benchArgs(
        ...['--export-json', out('all.json'), '--export-csv', out('all.csv')],
        ...['--export-markdown', out('all.md'), '--export-html', out('all.html')],
      ),
    );
    expect([status, stdout.toString()]).toEqual([0, expect.stringContaining('whole-files · as-is')]);
    expect(readJson(out('all.json'))).toMatchObject({ interrupted: false, cases: [{ engine: 'sync' }] });
    expect(readFileSync(out('all.csv'), 'utf8')).toMatch(/^case,[^\n]*\r?\nwhole-files,/);
    expect(readFileSync(out('all.md'), 'utf8')).toMatch(/^\|.*sync/m);
    expect(readFileSync(out('all.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('- is stdout, which then holds nothing else', () => {
    const json = runLsio(benchArgs('--export-json', '-'));
    expect([json.status, json.stderr]).toEqual([0, '']);
    expect(documentOf(json)).toMatchObject({ schema: 'lsio.bench/1' });
    const csv = runLsio(benchArgs('--export-csv', '-')).stdout.toString();
    expect(csv).toMatch(/^case,/);
    expect(csv).not.toContain('Node');
  });

  test('stdout takes one document', () => {
    const { status, stdout, stderr } = runLsio(benchArgs('--export-csv', '-', '--export-html', '-'));
    expect([status, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toBe('lsio: --export-csv and --export-html both write to stdout\n');
    const both = runLsio(benchArgs('--json', '--export-csv', '-'));
    expect(documentOf(both)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
  });

  test('a target that cannot be written is known before the runs, and spoils no other', () => {
    const kept = path.join(directory, 'kept.json');
    writeFileSync(kept, 'older');
    const absent = path.join(directory, 'absent', 'result.csv');
    // Were it to run first, a thousand runs would take longer than the test may.
    const result = runLsio(benchArgs('--runs', '1000', '--json', '--export-json', kept, '--export-csv', absent));
    expect(result.status).toBe(4);
    expect(result.stderr).toBe(`lsio: ${absent}: no such file or directory (ENOENT)\n`);
    expect(documentOf(result)).toMatchObject({ error: { kind: 'output', code: 'ENOENT' }, exitCode: 4 });
    expect(readFileSync(kept, 'utf8')).toBe('older');
  });

  test.skipIf(noUser !== undefined)(named('a directory without write permission is known, too', noUser), () => {
    const target = '/sys/kernel/result.json';
    const { status, stderr } = runLsio(benchArgs('--runs', '1000', '--export-json', target));
    expect(status).toBe(4);
    expect(stderr).toContain(target);
  });

  test('a full device is an output error after the tables', () => {
    const { status, stdout, stderr } = runLsio(benchArgs('--export-json', '/dev/full'));
    expect([status, stderr]).toEqual([4, 'lsio: /dev/full: no space left on device (ENOSPC)\n']);
    expect(stdout.toString()).toContain('whole-files · as-is');
  });

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'what is complete when %s comes stays, marked interrupted',
    async (signal) => {
      const target = path.join(directory, `${signal}.json`);
      const child = startLsio(
        // The second case would take minutes.
        [
          'bench',
          '--files',
          files,
          '--case',
          'whole-files',
          '--case',
          'big-random',
          '--reads',
          '1000',
          '--engines',
          'sync',
        ]
          .concat(['--cache', 'as-is', '--runs', '2', '--queue-depth', Array(200).fill('1').join(',')])
          .concat(['--json', '--export-json', target, '--export-markdown', `${target}.md`]),
      );
      let stdout = '';
      child.stdout?.on('data', (bytes) => {
        stdout += bytes;
      });
      const ended = statusOf(child);
      // Of the files it is saved to this is the last.
      while (!existsSync(`${target}.md`) && child.exitCode === null)
        await new Promise((fulfil) => setTimeout(fulfil, 20));
      child.kill(signal);
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : 137);
      const saved = readJson(target);
      expect(saved).toMatchObject({ schema: 'lsio.bench/1', interrupted: true });
      expect((saved.cases as unknown[]).length).toBeGreaterThan(0);
      expect((saved.cases as unknown[]).length).toBeLessThan(200);
      expect(readFileSync(`${target}.md`, 'utf8')).toContain('whole-files');
      if (signal === 'SIGKILL') return expect(stdout).toBe('');
      const document = documentOf({ stdout: Buffer.from(stdout) });
      expect(document).toMatchObject({
        interrupted: true,
        error: { kind: 'interrupted', code: 'SIGINT' },
        exitCode: 130,
      });
      expect(saved).toEqual(document);
    },
  );

  test('what is complete when a case fails stays', () => {
    const changing = path.join(directory, 'changing');
    const target = path.join(directory, 'failed.json');
    const shape = ['--count', '2', '--size', '4Ki', '--big-size', '64Mi', '--with', 'lsio'];
    runLsio(['files', 'create', '--dir', changing, ...shape]);
    // The big file is cut off as soon as the first case is saved.
    const result = runScript(
      `(until [ -e '${target}' ]; do sleep 0.01; done; : > '${changing}/big') &
       lsio bench --files '${changing}' --case whole-files --case big-gaps --engines sync --cache as-is --runs 20 \\
         --json --export-json '${target}'`,
    );
    expect(result.status).toBe(5);
    expect(documentOf(result)).toMatchObject({
      cases: [{ case: 'whole-files' }],
      error: { kind: 'changed' },
      exitCode: 5,
    });
    expect(readJson(target)).toEqual(documentOf(result));
  });
});

describe('lsio bench --baseline --fail-if', () => {
  test('without --fail-if shows what has changed', () => {
    const { status, stdout, stderr } = runLsio(benchArgs('--baseline', baseline));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.toString()).toMatch(
      /Changes since .*baseline\.json\ncase +engine +depth +throughput.*\nwhole-files as-is +sync +1 +[−+]/,
    );
    const document = documentOf(runLsio(benchArgs('--baseline', baseline, '--json')));
    expect(document).not.toHaveProperty('failed');
    expect(document.changes).toContainEqual(expect.objectContaining({ engine: 'sync', metric: 'throughput' }));
  });

  test('a crossed threshold is exit code 6, on stderr and in the document', () => {
    const conditions = [
      '--fail-if',
      'throughput<+100000%',
      '--fail-if',
      'ops<1',
      '--fail-if',
      'latency-p99>0.000001ms',
    ];
    const { status, stdout, stderr } = runLsio(benchArgs('--baseline', baseline, ...conditions));
    expect(status).toBe(6);
    expect(stdout.toString()).toContain('Changes since');
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(
        /^lsio: whole-files as-is sync depth 1: throughput was .*, is .* \(.* %\), threshold .*: --fail-if 'throughput<\+100000%'$/,
      ),
      expect.stringContaining("--fail-if 'latency-p99>0.000001ms'"),
    ]);
    const json = runLsio(benchArgs('--baseline', baseline, ...conditions, '--json'));
    expect(json.status).toBe(6);
    expect(documentOf(json).failed).toMatchObject([
      { case: 'whole-files', cache: 'as-is', engine: 'sync', queueDepth: 1, metric: 'throughput' },
      { metric: 'latency-p99', threshold: 1 },
    ]);
  });

  test('thresholds that hold are exit code 0', () => {
    const result = runLsio(benchArgs('--baseline', baseline, '--fail-if', 'throughput<-99.9%', '--json'));
    expect(result.status).toBe(0);
    expect(documentOf(result).failed).toEqual([]);
  });

  test.each([
    [['--fail-if', 'speed<1'], '--fail-if "speed<1": speed is none of throughput'],
    [['--fail-if', 'throughput<-10%'], '--fail-if "throughput<-10%": a change needs --baseline'],
    [['--baseline', '/nonexistent/a.json'], '--baseline /nonexistent/a.json: no such file or directory (ENOENT)'],
    [['--baseline', '/proc/version'], '--baseline /proc/version: it is not JSON'],
    [['--rings', '65'], '--rings: "65"'],
    [['--rings', 'many'], '--rings: "many"'],
  ])('refuses %j', (args, message) => {
    const result = runLsio(benchArgs(...args, '--json', '--runs', '1000'));
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(`lsio: ${message}`);
    expect(documentOf(result)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
  });

  test('refuses a baseline of other work, before the runs', () => {
    const args = ['bench', '--files', files, '--case', 'big-random', '--runs', '1000', '--baseline', baseline];
    const { status, stderr } = runLsio(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`--baseline ${baseline}: no case in common`)]);
    const command = runLsio(['compare-fio', '--files', files, '--runs', '1000', '--baseline', baseline]);
    expect([command.status, command.stderr]).toEqual([
      2,
      expect.stringContaining('"lsio.bench/1", not lsio.compare-fio/1'),
    ]);
  });
});

describe('lsio compare-fio', () => {
  const args = () =>
    ['compare-fio', '--files', files, '--case', 'big-random', '--reads', '500'].concat(
      ...['--cache', 'warm', '--queue-depth', '8', '--runs', '2', '--min-time', '100ms'],
    );

  test.skipIf(noUring !== undefined)(named('holds lsio to a ratio, and to an earlier result', noUring), () => {
    const earlier = path.join(directory, 'compare.json');
    const first = runLsio([...args(), '--self', '--rings', '2', '--export-json', earlier, '--fail-if', 'ratio<0.0001']);
    expect([first.status, first.stdout.toString()]).toEqual([0, expect.stringContaining('--rings 2')]);
    expect(readJson(earlier)).toMatchObject({ comparisons: [{ baseline: 'self', rings: 2 }], failed: [] });
    const conditions = ['--fail-if', 'ratio<1000', '--fail-if', 'cpu<+1000000%', '--fail-if', 'throughput>+100000%'];
    const second = runLsio([...args(), '--self', '--rings', '2', '--baseline', earlier, ...conditions, '--json']);
    expect(second.status).toBe(6);
    const { failed, changes } = documentOf(second);
    expect(failed).toMatchObject([
      { metric: 'ratio', threshold: 1000 },
      { metric: 'cpu', failIf: 'cpu<+1000000%' },
    ]);
    expect(changes).toHaveLength(4);
  });

  test.skipIf(noUring !== undefined)(named('ended by SIGINT prints and saves what is complete', noUring), async () => {
    const target = path.join(directory, 'interrupted.json');
    const depths = Array(50).fill('8').join(',');
    const child = startLsio([...args(), '--self', '--queue-depth', depths, '--json', '--export-json', target]);
    const pieces: Buffer[] = [];
    child.stdout?.on('data', (bytes) => pieces.push(bytes));
    const ended = statusOf(child);
    while (!existsSync(target) && child.exitCode === null) await new Promise((fulfil) => setTimeout(fulfil, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    const document = documentOf({ stdout: Buffer.concat(pieces) });
    expect(document).toMatchObject({ interrupted: true, error: { kind: 'interrupted' }, exitCode: 130 });
    expect((document.comparisons as unknown[]).length).toBeGreaterThan(0);
    expect(readJson(target)).toEqual(document);
  });

  const skip = noUring ?? noFio;
  test.skipIf(skip !== undefined)(named('against fio prints a document of its schema, and saves reports', skip), () => {
    const target = path.join(directory, 'fio');
    const result = runLsio([...args(), '--json', '--export-csv', `${target}.csv`, '--export-html', `${target}.html`], {
      // fio's job files lie there, by names that other tests may take as well.
      env: { TMPDIR: directory },
    });
    expect(result.status).toBe(0);
    expect(documentOf(result)).toMatchObject({ comparisons: [{ baseline: 'matched' }], interrupted: false });
    expect(readFileSync(`${target}.csv`, 'utf8')).toContain('big-random,warm');
    expect(readFileSync(`${target}.html`, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('says in JSON what is missing', () => {
    const absent = runLsio(['compare-fio', '--files', path.join(directory, 'absent'), '--json']);
    expect(documentOf(absent)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
  });
});
