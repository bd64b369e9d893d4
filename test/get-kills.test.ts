import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cases } from '../src/long.testing.js';
import { mix32 } from '../src/workload/random.js';
import { noUring } from './helpers/engine-child.js';
import { startLsio, statusOf } from './helpers/run-lsio.js';

/** LSIO_KILLS=1000 and LSIO_SEED=… in the environment: more of them, or the same ones again. */
const KILLS = Number(process.env.LSIO_KILLS ?? cases(52, 4000));
const SEED = Number(process.env.LSIO_SEED ?? Date.now() % 1_000_000);
const KILL_MS_MAX = 12_000;

/** In memory where there is /dev/shm, so that making many files takes no time; TMPDIR says otherwise. */
const PLACE = process.env.TMPDIR ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
/** So many that a second thread writes, too. */
const FILES = 2500;
/** Most kills meet a run on this part of them, which takes a fraction of the time. */
const PART = 'src/d1';
/** One kill in so many meets a run on all files. */
const ALL_EVERY = 8;
/** One kill in so many comes by the clock; the others when a part of the files is there, however slow the machine is. */
const CLOCK_EVERY = 4;
/** Every so many-th file has an older version at the output, when there is one. */
const OLD_EVERY = 3;
const HOWS = ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STATUS = { SIGKILL: 137, SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

interface Kill {
  readonly how: (typeof HOWS)[number];
  /** A second signal soon after the first ends the process at once. */
  readonly twice: boolean;
  /** What is read: all files or a part of them. */
  readonly tree: 'src' | typeof PART;
  readonly engine: 'uring' | 'node';
  /** Older versions of some files are to be replaced. */
  readonly overwrite: boolean;
  /** The kill comes at a part of the time of an undisturbed run, or when a part of the files is there. */
  readonly by: 'clock' | 'files';
  /** Which part, from 0 to 1. */
  readonly moment: number;
}

let directory = '';
const contents = new Map<string, Buffer>();
const olds = new Map<string, Buffer>();

beforeAll(() => {
  directory = mkdtempSync(path.join(PLACE, 'lsio-kills-'));
  for (let file = 0; file < FILES; file++) {
    const name = `src/d${file % 7}/f${file}`;
    const length = file === 150 ? 3_000_000 : file === 400 ? 9_000_000 : (file * 6007) % 20_000;
    contents.set(name, bytesOf(length, file));
    if (file % OLD_EVERY === 0) olds.set(name, bytesOf((file * 4001) % 20_000, file + 1));
    mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(directory, name), contents.get(name)!);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Bytes that depend on the place and on the file, with a prime period, so that no part can pass for another. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.alloc(
    length,
    Uint8Array.from({ length: 251 }, (_, at) => (at + seed * 7) % 251),
  );
}

/** The kill of this number: the seed and it say everything but the machine's mood. Later ones make up for misses. */
function killOf(number: number): Kill {
  function random(which: number): number {
    return mix32(SEED + mix32(number * 8 + which)) / 2 ** 32;
  }
  return {
    how: HOWS[number % HOWS.length]!,
    twice: number % HOWS.length === 1 && random(3) < 0.25,
    tree: random(4) * ALL_EVERY < 1 ? 'src' : PART,
    engine: noUring === undefined && random(0) < 0.7 ? 'uring' : 'node',
    overwrite: random(1) < 0.4,
    by: number < KILLS && random(5) * CLOCK_EVERY < 1 ? 'clock' : 'files',
    moment: number < KILLS ? random(2) : 0,
  };
}

function prepareOutput(out: string, { overwrite, tree }: Kill): void {
  if (!overwrite) return;
  for (const [name, bytes] of within(olds, tree)) {
    mkdirSync(path.join(out, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(out, name), bytes);
  }
}

function within(files: ReadonlyMap<string, Buffer>, tree: Kill['tree']): [string, Buffer][] {
  return [...files].filter(([name]) => name.startsWith(`${tree}/`));
}

function start(out: string, { engine, overwrite, tree }: Pick<Kill, 'engine' | 'overwrite' | 'tree'>) {
  const options = ['-q', '--engine', engine, ...(overwrite ? ['--overwrite'] : [])];
  const child = startLsio(['get', ...options, '-r', tree, '-o', out], { cwd: directory });
  child.stdout?.resume();
  const stderr: Buffer[] = [];
  child.stderr?.on('data', (chunk) => stderr.push(chunk));
  return { child, ended: statusOf(child), errors: () => Buffer.concat(stderr).toString() };
}

/** Waits until a part of the new files stands at the output under their names: one at least. */
async function untilWritten(out: string, { overwrite, tree, moment }: Kill, signal: AbortSignal): Promise<void> {
  const isNew = (name: string) => contents.has(name) && !(overwrite && olds.has(name));
  const wanted = Math.max(1, moment * within(contents, tree).filter(([name]) => isNew(name)).length);
  while (!signal.aborted) {
    const names = existsSync(out) ? readdirSync(out, { recursive: true, encoding: 'utf8' }) : [];
    if (names.filter(isNew).length >= wanted) return;
    await sleep(1);
  }
}

/** When an undisturbed run begins to write, and when it ends, in milliseconds. */
async function timesOf(engine: Kill['engine'], tree: Kill['tree']): Promise<{ beginMs: number; endMs: number }> {
  const out = path.join(directory, `whole-${engine}`);
  const startedMs = performance.now();
  const { ended, errors } = start(out, { engine, overwrite: false, tree });
  let beginMs = Number.POSITIVE_INFINITY;
  const watching = (async () => {
    while (!existsSync(out)) await sleep(1);
    beginMs = performance.now() - startedMs;
  })();
  expect({ status: await ended, stderr: errors() }).toEqual({ status: 0, stderr: '' });
  const endMs = performance.now() - startedMs;
  await watching;
  const files = within(contents, tree).length;
  expect(survey(out, { overwrite: false, tree })).toEqual({ wrong: [], temporary: [], whole: files });
  rmSync(out, { recursive: true });
  return { beginMs, endMs };
}

/** What is below an output: files that are neither whole nor old, those under other names, and how many are whole. */
function survey(out: string, { overwrite, tree }: Pick<Kill, 'overwrite' | 'tree'>) {
  const wrong: string[] = [];
  const temporary: string[] = [];
  let whole = 0;
  const entries = existsSync(out) ? readdirSync(out, { recursive: true, withFileTypes: true }) : [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(out, file);
    const right = contents.get(name);
    if (right === undefined) temporary.push(name);
    else {
      const bytes = readFileSync(file);
      if (bytes.equals(right)) whole++;
      else if (!(overwrite && olds.get(name)?.equals(bytes))) wrong.push(`${name} has ${bytes.length} bytes`);
    }
  }
  // What was there before must not be lost.
  for (const [name] of overwrite ? within(olds, tree) : [])
    if (!existsSync(path.join(out, name))) wrong.push(`${name} is gone`);
  return { wrong, temporary, whole };
}

test(
  `lsio get -o, killed ${KILLS} times (LSIO_SEED=${SEED}): files are whole or absent, and no temporary ones are left`,
  async () => {
    const engines = noUring === undefined ? (['uring', 'node'] as const) : (['node'] as const);
    const times = new Map<string, { beginMs: number; endMs: number }>();
    for (const engine of engines)
      for (const tree of ['src', PART] as const) times.set(engine + tree, await timesOf(engine, tree));
    const seen = { before: 0, during: 0, after: 0, leftBySigkill: 0 };
    // Kills that all come before or after the work would show nothing: there are more until enough came within it.
    for (let number = 0; number < KILLS || seen.during < KILLS / 4; number++) {
      const kill = killOf(number);
      const { beginMs, endMs } = times.get(kill.engine + kill.tree)!;
      const out = path.join(directory, `out-${number}`);
      prepareOutput(out, kill);
      const { child, ended, errors } = start(out, kill);
      const over = new AbortController();
      void ended.finally(() => over.abort());
      // From shortly before the first file to shortly after the last: what happens there is what can go wrong.
      const [fromMs, toMs] = [0.8 * beginMs, endMs + 0.1 * (endMs - beginMs)];
      if (kill.by === 'files') await untilWritten(out, kill, over.signal);
      else await Promise.race([sleep(fromMs + kill.moment * (toMs - fromMs)), ended]);
      child.kill(kill.how);
      if (kill.twice) {
        await sleep(5 * kill.moment);
        child.kill(kill.how);
      }
      const status = await ended;
      const { wrong, temporary, whole } = survey(out, kill);
      const what = `kill ${number} of LSIO_SEED=${SEED}: ${JSON.stringify(kill)}, exit ${status}`;
      expect(wrong, what).toEqual([]);
      expect(errors(), what).toBe('');
      expect([0, STATUS[kill.how]], what).toContain(status);
      if (status === 0) expect(whole, what).toBe(within(contents, kill.tree).length);
      if ((kill.how !== 'SIGKILL' && !kill.twice) || status === 0) expect(temporary, what).toEqual([]);
      else
        expect(
          temporary.filter((name) => !path.basename(name).startsWith('.lsio-')),
          what,
        ).toEqual([]);
      if (temporary.length > 0) seen.leftBySigkill++;
      seen[status === 0 ? 'after' : whole === 0 ? 'before' : 'during']++;
      rmSync(out, { recursive: true, force: true });
    }
    if (KILLS >= 100) process.stdout.write(`LSIO_SEED=${SEED} ${JSON.stringify(seen)}\n`);
  },
  KILLS * KILL_MS_MAX + 20_000,
);
