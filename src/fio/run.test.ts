import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { lockableBytes } from '../native/limits.js';
import { makeWorkload } from '../workload/cases.js';
import { listFiles } from '../workload/list-files.js';
import { CASES, type CaseName, type Workload } from '../workload/workload.js';
import { fioJob } from './job.js';
import type { FioJobOptions } from './job-options.js';
import { findFio, hugeBytesIn, runFio } from './run.js';

function whyNot(): string {
  if (process.env.LSIO_TEST_BLOCKED === '1') return ' (skipped: io_uring is blocked, for fio, too)';
  return spawnSync('fio', ['--enghelp=io_uring']).status === 0 ? '' : ' (skipped: no fio that knows io_uring)';
}
const missing = whyNot();
const withFio = describe.skipIf(missing !== '');
const ONE_RING = { queueDepth: 64, rings: 1, direct: false, baseline: 'matched' } as const satisfies FioJobOptions;

let root: string;
let equal: string;
let mixed: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lsio-fio-test-'));
  equal = join(root, 'equal');
  mixed = join(root, 'with space');
  for (const dir of [equal, mixed]) {
    mkdirSync(dir);
    writeFileSync(join(dir, 'big'), 'x');
    // A hole is enough to be read.
    truncateSync(join(dir, 'big'), 64 * 1024 * 1024 + 777);
  }
  for (let index = 0; index < 70; index++) writeFileSync(join(equal, `f${index}`), new Uint8Array(40_960).fill(index));
  const names = ['a:b', 'c#d', 'e;f', '$HOME', 'é', '%s', '"q"', 'back\\slash', 'new\nline', 'tab\t', '-dash', 'empty'];
  for (const [index, name] of names.entries()) {
    writeFileSync(join(mixed, name), new Uint8Array(name === 'empty' ? 0 : 1 + index * 7001).fill(index));
  }
  writeFileSync(join(mixed, 'long'), new Uint8Array(2_500_000));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

async function workOf(name: CaseName, dir: string): Promise<Workload> {
  const reads = name.startsWith('big') ? 300 : undefined;
  return makeWorkload(name, (await listFiles(dir)).files, { dir, reads, order: 'random' });
}

/** Puts a script in fio's place, which answers as fio does until it is to read. */
function stub(script: string): void {
  const path = join(mkdtempSync(join(root, 'stub-')), 'fio');
  const answers = 'case "$*" in --version) echo fio-3.33; exit;; --enghelp*) exit;; esac';
  writeFileSync(path, `#!/bin/sh\n${answers}\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('LSIO_FIO', path);
}

/** The number of processes whose working directory it is. */
function processesIn(directory: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === directory;
    } catch {
      return false;
    }
  }).length;
}

const cells = CASES.flatMap((name) =>
  [1, 64].flatMap((queueDepth) => [1, 2].map((rings) => ({ name, queueDepth, rings }))),
);

withFio(`runFio()${missing}`, () => {
  test.each(cells)(
    'runFio() does the work of $name at depth $queueDepth with $rings rings',
    async ({ name, ...options }) => {
      for (const { dir, direct } of [
        { dir: equal, direct: false },
        { dir: mixed, direct: true },
      ]) {
        const work = await workOf(name, dir);
        const job = fioJob(work, { ...ONE_RING, ...options, direct, passes: 2, memlockBytes: lockableBytes() });
        const result = await runFio(job);
        expect(result).toMatchObject({ operations: 2 * work.operations, bytes: 2 * work.bytes, errno: 0 });
        expect(result).toMatchObject({ reads: job.reads, bytesRead: job.bytesRead });
        expect(result.version).toMatch(/^fio-3\./);
        expect(result.wallNs).toBeGreaterThan(0);
        expect(result.latencyNs?.p50).toBeGreaterThan(0);
        expect(result.bytesPerSecond).toBeCloseTo((result.bytes * 1e9) / result.wallNs, 0);
      }
    },
  );

  test('runFio() does the classic job', async () => {
    const work = await workOf('whole-files', equal);
    for (const rings of [1, 2]) {
      const result = await runFio(fioJob(work, { ...ONE_RING, rings, baseline: 'classic' }));
      expect(result).toMatchObject({ reads: 70, bytesRead: 70 * 40_960 });
    }
  });

  test('runFio() takes no latencies when told so', async () => {
    const result = await runFio(fioJob(await workOf('whole-files', equal), { ...ONE_RING, latency: false }));
    expect(result.latencyNs).toBeUndefined();
    expect(result.reads).toBe(70);
  });

  test('runFio() opens the files in the order given, inside of its clock, and leaves them as they were', async (context) => {
    if (spawnSync('strace', ['-V']).status !== 0) context.skip('strace is not installed');
    const trace = join(root, 'trace');
    const path = join(root, 'traced-fio');
    writeFileSync(path, `#!/bin/sh\nexec strace -f -o ${trace} -e trace=openat,io_uring_enter,fadvise64 fio "$@"\n`);
    chmodSync(path, 0o755);
    vi.stubEnv('LSIO_FIO', path);
    const work = await workOf('whole-files', equal);
    await runFio(fioJob(work, { ...ONE_RING, queueDepth: 4 }));
    const lines = readFileSync(trace, 'utf8').split('\n');
    const opened = lines.flatMap((line) => /openat\(AT_FDCWD, "([^"]*equal[^"]*)", O_RDONLY/.exec(line)?.[1] ?? []);
    expect(opened).toEqual(work.files.map((file) => file.path));
    const entered = lines.flatMap((line, index) => (line.includes('io_uring_enter') ? [index] : []));
    expect(lines.findIndex((line) => line.includes(opened[20]!))).toBeGreaterThan(entered[0]!);
    expect(lines.some((line) => line.includes('fadvise64'))).toBe(false);
  });

  test('runFio() in a directory of the caller leaves what its command line needs', async () => {
    const directory = join(root, "kept it's");
    const result = await runFio(fioJob(await workOf('file-gaps', mixed), ONE_RING), { directory });
    rmSync(join(directory, 'fio.json'));
    execFileSync('sh', ['-c', result.commandLine]);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['fio.json', 'job.fio', 'list0']));
    expect(result.commandLine).toContain('--readonly --allow_file_create=0');
    // Again, over what is there.
    await runFio(fioJob(await workOf('file-gaps', mixed), ONE_RING), { directory });
  });

  test('runFio() on files that changed says so instead of giving figures', async () => {
    const dir = join(root, 'changing');
    mkdirSync(dir);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, name), new Uint8Array(8192));
    writeFileSync(join(dir, 'd'), 'short');
    const job = fioJob(await workOf('whole-files', dir), ONE_RING);
    truncateSync(join(dir, 'b'), 4096);
    const message = expect.stringContaining('fio made 4 reads of 20485 bytes in all, not 4 of 24581');
    await expect(runFio(job)).rejects.toMatchObject({ kind: 'changed', message });
    rmSync(join(dir, 'b'));
    const gone = expect.stringMatching(/fio failed \(exit 1\): no such file or directory/);
    await expect(runFio(job)).rejects.toMatchObject({ kind: 'unavailable', message: gone });
    expect(existsSync(join(dir, 'b'))).toBe(false);
  });

  test('runFio() ends fio when it is aborted, with all its processes', async () => {
    const abort = new AbortController();
    const job = fioJob(await workOf('big-random', equal), { ...ONE_RING, queueDepth: 1, rings: 2 });
    const endless = {
      ...job,
      text: job.text.replace(/^read_iolog.*/gm, `filename=${equal}/big\nrw=randread\ntime_based\nruntime=600`),
    };
    const directory = join(root, 'aborted');
    const running = runFio(endless, { signal: abort.signal, directory });
    // fio itself and a process for each of its jobs.
    const allThere = (async () => {
      while (processesIn(directory) < 3) await sleep(20);
      abort.abort(new Error('enough'));
    })();
    await expect(running).rejects.toThrow('enough');
    await allThere;
    expect(processesIn(directory)).toBe(0);
    await expect(runFio(job, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
});

describe('findFio()', () => {
  test('findFio() without fio names the command that installs it', async () => {
    vi.stubEnv('LSIO_FIO', join(root, 'absent', 'fio'));
    const error = {
      kind: 'unavailable',
      message: expect.stringContaining('not installed'),
      remedy: 'apt-get install fio',
    };
    await expect(findFio()).rejects.toMatchObject(error);
    vi.stubEnv('LSIO_FIO', '');
    vi.stubEnv('PATH', join(root, 'absent'));
    if (missing !== '') await expect(findFio()).rejects.toMatchObject(error);
  });

  test.each([
    ['an old one', 'echo fio-2.16', 'says fio-2.16: fio 3 is needed'],
    ['something else', 'echo hello', 'says hello: fio 3 is needed'],
    ['one that says nothing', 'true', 'says nothing: fio 3 is needed'],
    ['one without io_uring', 'test "$1" = --version && echo fio-3.1', 'fio-3.1 knows no io_uring'],
    ['one that crashes', 'kill -SEGV $$', 'killed by SIGSEGV'],
  ])('findFio() refuses %s', async (_, script, message) => {
    const path = join(mkdtempSync(join(root, 'stub-')), 'fio');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    vi.stubEnv('LSIO_FIO', path);
    await expect(findFio()).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining(message) });
  });
});

describe('runFio() with a fio that fails', () => {
  test.each([
    ['exits with a code', 'echo first >&2; echo "fio: it broke" >&2; exit 3', 'fio failed (exit 3): fio: it broke'],
    ['is killed', 'kill -KILL $$', 'fio failed (killed by SIGKILL)'],
    ['says nothing', 'exit 1', 'fio failed (exit 1): it said nothing'],
    ['writes no JSON', 'echo hello > fio.json', "fio's output is not what fio 3 writes: JSON"],
    [
      'writes half of its JSON',
      'printf "{\\n \\"jobs\\": [" > fio.json',
      "fio's output is not what fio 3 writes: JSON",
    ],
    [
      'writes other JSON',
      'printf "{\\n \\"jobs\\": 3\\n}\\n" > fio.json',
      "fio's output is not what fio 3 writes: jobs",
    ],
    [
      'did other work',
      `cp '${new URL('parse.fixture.txt', import.meta.url).pathname}' fio.json`,
      'fio made 8000 reads',
    ],
  ])('runFio() refuses one that %s', async (_, script, message) => {
    stub(script);
    const job = fioJob(await workOf('whole-files', equal), ONE_RING);
    await expect(runFio(job)).rejects.toMatchObject({ name: 'LsioError', message: expect.stringContaining(message) });
  });

  test('runFio() refuses one that writes no output at all, even where an earlier output lies', async () => {
    const directory = join(root, 'stale');
    stub('true');
    mkdirSync(directory);
    writeFileSync(join(directory, 'fio.json'), readFileSync(new URL('parse.fixture.txt', import.meta.url)));
    const job = fioJob(await workOf('whole-files', equal), ONE_RING);
    await expect(runFio(job, { directory })).rejects.toMatchObject({ name: 'LsioError', code: 'ENOENT' });
  });
});

describe('hugeBytesIn()', () => {
  test.each([
    [
      'HugePages_Total:      64\nHugePages_Free:       64\nHugePages_Rsvd:       10\nHugepagesize:       2048 kB\n',
      54 * 2 ** 21,
    ],
    ['HugePages_Free:       1\nHugePages_Rsvd:       2\nHugepagesize:       2048 kB\n', 0],
    ['HugePages_Free:       4\nHugePages_Rsvd:       0\nHugepagesize:    1048576 kB\n', 0],
    ['MemTotal: 1 kB\n', 0],
  ])('of %j is %i bytes', (meminfo, bytes) => {
    expect(hugeBytesIn(meminfo)).toBe(bytes);
  });
});
