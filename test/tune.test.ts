import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TuneResult } from '../src/bench/tune.js';
import { blockSyscallsLauncher, IO_URING_SYSCALLS } from './helpers/block-syscalls.js';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio, startLsio, statusOf } from './helpers/run-lsio.js';

const launcher = blockSyscallsLauncher();

let directory = '';
let files = '';
let small = '';

function create(dir: string, count: number, bigSize: string): void {
  const sizes = ['--count', String(count), '--size', '4Ki', '--big-size', bigSize];
  expect(runLsio(['files', 'create', '--dir', dir, '--with', 'lsio', ...sizes]).status).toBe(0);
}

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-tune-'));
  files = path.join(directory, 'files');
  small = path.join(directory, 'small');
  create(files, 2, '64Mi');
  create(small, 7, '0');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A short sweep: the figures are of no worth, everything else is as ever. */
function tune(...args: string[]) {
  return runLsio(['tune', '--queue-depth', '8,1,8', '--runs', '2', '--reads', '64', ...args]);
}

function settingsOf({ points }: TuneResult): string[] {
  return points.map(({ blockBytes, rings, queueDepth }) => `${blockBytes} ${rings} ${queueDepth}`);
}

describe('lsio tune', () => {
  test.skipIf(noUring !== undefined)(named('measures every depth with all rings and block sizes', noUring), () => {
    const run = tune('--files', files, '--block-size', '4Ki,64Ki', '--rings', '1,3', '--engine', 'uring', '--json');
    expect([run.status, run.stderr]).toEqual([0, '']);
    const result = documentOf(run) as unknown as TuneResult;
    expect(result).toMatchObject({ case: 'big-random', cache: 'cold', engine: 'uring', interrupted: false });
    expect(settingsOf(result)).toEqual(
      [4096, 65_536].flatMap((block) => [1, 3].flatMap((rings) => [1, 8].map((depth) => `${block} ${rings} ${depth}`))),
    );
    for (const { blockBytes, runs, passes, operations, bytes, ...point } of result.points) {
      expect([operations, bytes, passes, runs.length]).toEqual([64, 64 * (blockBytes ?? 0), 1, 2]);
      for (const counted of runs) expect([counted.operations, counted.bytes]).toEqual([64, bytes]);
      expect(point.operationsPerSecondLow).toBeLessThanOrEqual(point.operationsPerSecond ?? 0);
      expect(point.latencyNsP99).toBeGreaterThanOrEqual(point.latencyNsP50 ?? Number.POSITIVE_INFINITY);
    }
    for (const block of [4096, 65_536]) {
      const ofBlock = result.points.filter((point) => point.blockBytes === block);
      expect(ofBlock.filter((point) => point.knee).map((point) => point.rings)).toEqual([1, 3]);
      const [taken, ...more] = result.recommendations.filter((other) => other.blockBytes === block);
      expect(more).toEqual([]);
      expect(ofBlock.find((point) => point.knee && point.rings === taken?.rings)?.queueDepth).toBe(taken?.queueDepth);
    }
  });

  test('prints a table, a chart and a sentence, by the portable engine too', () => {
    const { status, stdout, stderr } = tune(
      '--files',
      files,
      '--engine',
      'node',
      '--block-size',
      '4Ki',
      '--rings',
      '1',
    );
    expect([status, stderr]).toEqual([0, '']);
    const text = stdout.toString();
    expect(text).toMatch(/^big-random · cold · (O_DIRECT|buffered) · node$/m);
    expect(text).toMatch(/^4 KiB +1 +8 .*\d µs|ms/m);
    expect(text.match(/◀/g)).toHaveLength(1);
    expect(text).toMatch(/^4 KiB reads, 1 ring: reads\/s by p99 latency/m);
    expect(text).toMatch(/^For 4 KiB reads take --queue-depth [18] --rings 1: /m);
  });

  test('sizes the runs by itself where nobody does', () => {
    const run = runLsio([
      ...[
        'tune',
        '--files',
        files,
        '--engine',
        'node',
        '--queue-depth',
        '1,4',
        '--block-size',
        '256Ki',
        '--rings',
        '1',
      ],
      ...['--runs', '1', '--cache', 'warm', '--json'],
    ]);
    const { points, direct } = documentOf(run) as unknown as TuneResult;
    expect([run.status, direct]).toEqual([0, false]);
    for (const { operations, runs } of points) {
      expect(operations).toBeGreaterThanOrEqual(256);
      expect(runs[0]?.wallNs).toBeGreaterThan(1e8);
    }
  });

  test('sweeps no block sizes where there is no big file', () => {
    const out = (name: string) => path.join(directory, name);
    const exports = ['--export-markdown', out('tune.md'), '--export-html', out('tune.html')];
    const run = tune(small, '--engine', 'node', '--cache', 'warm', '--json', ...exports);
    expect(run.status).toBe(0);
    expect(readFileSync(out('tune.md'), 'utf8')).toMatch(/^\| 1 \| 8 \| .* (take|–|knee) \|$/m);
    expect(readFileSync(out('tune.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*Throughput against depth/);
    const result = documentOf(run) as unknown as TuneResult;
    expect(result.case).toBe('whole-files');
    expect(settingsOf(result)).toEqual(['null 1 1', 'null 1 8']);
    for (const { operations, bytes, passes, runs } of result.points) {
      expect([operations, bytes]).toEqual([7, 7 * 4096]);
      for (const counted of runs) expect([counted.operations, counted.bytes]).toEqual([7 * passes, bytes * passes]);
    }
  });

  test('leaves out the depths that limits do not allow, unless that is all of them', () => {
    const under = ['sh', '-c', 'ulimit -n 130 && exec "$@"', 'sh'];
    const args = [
      'tune',
      '--files',
      small,
      '--engine',
      'node',
      '--rings',
      '1',
      '--runs',
      '1',
      '--cache',
      'warm',
      '--json',
    ];
    const some = runLsio([...args, '--queue-depth', '4,256'], { under });
    const result = documentOf(some) as unknown as TuneResult;
    expect([some.status, settingsOf(result)]).toEqual([0, ['null 1 4']]);
    expect(result.warnings).toContainEqual(
      expect.objectContaining({ kind: 'engine-unavailable', engine: 'node at queue depth 256' }),
    );
    const none = runLsio([...args, '--queue-depth', '256'], { under });
    expect(none.status).toBe(3);
    expect(documentOf(none)).toMatchObject({
      error: { kind: 'unavailable', remedy: 'ulimit -n 321, or --queue-depth 65' },
      exitCode: 3,
    });
  });

  test.skipIf(launcher.skip !== undefined)(
    named('takes node where io_uring is blocked, and says so', launcher.skip),
    () => {
      const under = [launcher.path ?? '', 'EPERM', String(IO_URING_SYSCALLS.setup), '--'];
      const args = ['tune', '--files', small, '--rings', '1', '--runs', '1', '--cache', 'warm', '--queue-depth', '4'];
      const run = runLsio([...args, '--json'], { under });
      const result = documentOf(run) as unknown as TuneResult;
      expect([run.status, result.engine, result.points.length]).toEqual([0, 'node', 1]);
      expect(result.warnings).toContainEqual(expect.objectContaining({ kind: 'engine-unavailable', engine: 'uring' }));
      const { status, stderr } = runLsio([...args, '--engine', 'uring'], { under });
      expect(status).toBe(3);
      expect(stderr).toContain('io_uring_setup: operation not permitted (EPERM)');
    },
  );

  test.each([
    [['--queue-depth', '0'], '--queue-depth'],
    [['--queue-depth', '1,,2'], '--queue-depth'],
    [['--rings', '1000000'], '--rings'],
    [['--block-size', '4x'], '--block-size'],
    [['--block-size', '0'], '--block-size'],
    [['--case', 'whole-files', '--block-size', '4Ki'], '--block-size: whole-files has no blocks'],
    [['--case', 'none'], '--case'],
    [['--cache', 'as-is'], "option '--cache"],
  ])('refuses %j', (args, start) => {
    const { status, stdout, stderr } = runLsio(['tune', '--files', files, ...args]);
    expect([status, stdout.toString()]).toEqual([2, '']);
    expect(stderr.slice(0, 6 + start.length)).toBe(`lsio: ${start}`);
  });

  test('names the command that makes files where there are none, or not the right ones', () => {
    const empty = path.join(directory, 'empty');
    mkdirSync(empty);
    expect(runLsio(['tune', '--files', empty])).toMatchObject({
      status: 2,
      stderr: `lsio: ${empty}: holds no files\n  → lsio files create --dir ${empty}\n`,
    });
    const run = runLsio(['tune', '--files', small, '--case', 'big-random', '--json']);
    expect(run.status).toBe(2);
    expect(documentOf(run)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
  });

  test('shows what is complete when it is interrupted, and leaves no process', async () => {
    const sizes = ['4Ki', '8Ki', '16Ki', '32Ki', '64Ki', '128Ki', '256Ki', '512Ki'];
    const child = startLsio([
      ...['tune', '--files', files, '--engine', 'node', '--block-size', sizes.join(), '--queue-depth', '4', '--rings'],
      ...['1', '--reads', '256', '--runs', '60', '--cache', 'cold', '--json', '--progress', 'always'],
    ]);
    const stdout: Buffer[] = [];
    child.stdout?.on('data', (chunk) => stdout.push(chunk));
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    while (!/(8\.00|\d\d\.\d|\d{3}) KiB cold, 1 ring/.test(stderr) && child.exitCode === null) await sleep(20);
    const readers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
    child.kill('SIGINT');
    expect(await statusOf(child)).toBe(130);
    const result = documentOf({ stdout: Buffer.concat(stdout) }) as unknown as TuneResult;
    expect(result.interrupted).toBe(true);
    expect(result.points.length).toBeGreaterThan(0);
    expect(result.points.length).toBeLessThan(sizes.length);
    for (const { runs } of result.points) expect(runs).toHaveLength(60);
    for (let tries = 0; readers.some(isRunning) && tries < 100; tries++) await sleep(20);
    expect(readers.filter(isRunning)).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
