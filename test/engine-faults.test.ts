import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Ask,
  expectAnswer,
  expectBytes,
  ListSource,
  pattern,
  readList,
  readOne,
  sleep,
} from '../src/engine/conformance-kit.js';
import { type Engine, type RunOptions, TO_END } from '../src/engine/engine.js';
import { openEngine } from '../src/engine/open.js';
import { expectReceived, readMany, receive } from '../src/read/read.testing.js';
import { named, noUring, ROOT } from './helpers/engine-child.js';

const { ECANCELED, EIO } = constants.errno;
const LENGTH = 100_000;
const BAD_FROM = 50_000;
/** As in fuse-faults.c. */
const NAMES = ['third', 'eintr', 'eagain', 'eio', 'small', 'large', 'zero', 'stuck', 'slow'];

/** A file system in which reads fail, are short, or never end. */
class FaultyFiles {
  readonly skip: string | undefined;
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'lsio-faults-'));
  #server: ChildProcess | undefined;

  constructor() {
    this.skip = this.#whyNot() ?? this.#compile();
  }

  file(name: string): { path: string; bytes: Buffer } {
    return { path: path.join(this.#directory, 'files', name), bytes: pattern(NAMES.indexOf(name), LENGTH) };
  }

  async mount(): Promise<void> {
    const mountPoint = path.join(this.#directory, 'files');
    mkdirSync(mountPoint);
    this.#server = spawn(path.join(this.#directory, 'fuse-faults'), ['-f', mountPoint], { stdio: 'ignore' });
    while (!existsSync(path.join(mountPoint, 'third'))) await sleep(10);
  }

  /** Ends the server first, which ends what hangs in it. */
  async remove(): Promise<void> {
    if (this.#server !== undefined) {
      const exited = new Promise((resolve) => this.#server!.once('exit', resolve));
      this.#server.kill('SIGKILL');
      await exited;
      spawnSync('umount', ['-l', path.join(this.#directory, 'files')]);
    }
    rmSync(this.#directory, { recursive: true });
  }

  #whyNot(): string | undefined {
    if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
    if (process.getuid?.() !== 0) return 'only root may mount';
    if (spawnSync('pkg-config', ['fuse3']).status !== 0)
      return 'no libfuse: apt-get install fuse3 libfuse3-dev pkg-config gcc';
    return undefined;
  }

  #compile(): string | undefined {
    const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/);
    const source = path.join(import.meta.dirname, 'helpers/fuse-faults.c');
    const output = path.join(this.#directory, 'fuse-faults');
    const compiler = spawnSync('cc', ['-Wall', '-Werror', '-o', output, source, ...flags], { encoding: 'utf8' });
    if (compiler.error !== undefined) return 'no C compiler: apt-get install gcc libc6-dev';
    if (compiler.status !== 0) throw new Error(`${source} does not compile: ${compiler.stderr}`);
    return undefined;
  }
}

const faulty = new FaultyFiles();
beforeAll(async () => {
  if (faulty.skip === undefined) await faulty.mount();
});
afterAll(() => faulty.remove());

const ENGINES = [
  { name: 'uring', skip: faulty.skip ?? noUring },
  { name: 'node', skip: faulty.skip },
] as const;

describe.each(ENGINES)('$name and storage with faults', ({ name, skip }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (skip === undefined) engine = await openEngine({ engine: name });
  });
  afterAll(() => engine?.close());

  const testFault = test.skipIf(skip !== undefined);

  async function expectAll(name: string, options: RunOptions = {}): Promise<void> {
    const { path, bytes } = faulty.file(name);
    const ranges = [
      [0, TO_END],
      [0, LENGTH],
      [0, 1],
      [77_777, 10_000],
      [77_777, TO_END],
      [99_990, 20],
      [LENGTH, 5],
    ];
    const shared = engine.share(path, options);
    const asks: Ask[] = [{ path }, { file: shared }].flatMap((place) =>
      ranges.map(([offset, length]) => ({ ...place, offset: offset!, length: length! })),
    );
    const answers = await readList(engine, [...asks, ...asks, ...asks], options);
    for (const [index, answer] of answers.entries()) {
      const [offset, length] = ranges[index % ranges.length]!;
      expectAnswer(answer, bytes.subarray(offset, length === TO_END ? undefined : offset! + length!), `read ${index}`);
    }
    shared.close();
  }

  testFault.each(['third', 'eintr', 'eagain', 'large', 'small', 'zero'])(
    named('reads all of the file called %s', skip),
    async (file) => {
      await expectAll(file);
      // The same when the engine believes that it knows what it reads, and where O_DIRECT is asked for.
      await expectAll(file, { regularFiles: true });
      await expectAll(file, { directAlignBytes: 4096 });
    },
  );

  testFault.each(['third', 'large', 'small', 'zero'])(
    named('gives the last bytes of the file called %s, and nothing past its end', skip),
    async (file) => {
      const { path, bytes } = faulty.file(file);
      const shared = engine.share(path);
      for (const suffix of [0, 1, 100, 30_000, LENGTH, LENGTH + 5]) {
        const expected = bytes.subarray(LENGTH - Math.min(LENGTH, suffix));
        for (const place of [{ path }, { file: shared }, { file: shared }])
          expectAnswer(await readOne(engine, { ...place, suffix }), expected, `the last ${suffix}`);
        const [item] = await receive(readMany(engine, [{ path, range: { suffixLength: suffix } }]));
        expectReceived(item, expected);
      }
      shared.close();
      const [past] = await receive(readMany(engine, [{ path, range: { offset: LENGTH + 7 } }]));
      expect(past?.error).toMatchObject({ kind: 'range' });
    },
  );

  testFault(named('says EIO for what lies past the error, with what came before it', skip), async () => {
    const { path, bytes } = faulty.file('eio');
    const good = faulty.file('third');
    const asks = [{ path }, { path, offset: 40_000, length: 20_000 }, { path, offset: 60_000, length: 1 }];
    const answers = await readList(engine, [...asks, { path, length: BAD_FROM }, good]);
    for (const [index, answer] of answers.slice(0, 3).entries()) {
      expect(answer.errno).toBe(EIO);
      expectBytes(answer.bytes, bytes.subarray(asks[index]!.offset ?? 0, BAD_FROM), `what came of read ${index}`);
    }
    expectAnswer(answers[3]!, bytes.subarray(0, BAD_FROM));
    expectAnswer(answers[4]!, good.bytes);
  });

  testFault(named('reads on for others when the one is cancelled that opens a slow file', skip), async () => {
    const { path, bytes } = faulty.file('slow');
    const file = engine.share(path);
    const [first, ...others] = [0, 1, 2].map(() => new ListSource([{ file }, { file, offset: 5, length: 6 }]));
    const run = engine.run(first!);
    const otherRuns = others.map((source) => engine.run(source));
    await sleep(50);
    run.cancel();
    await Promise.all([run.finished, ...otherRuns.map((each) => each.finished)]);
    expect(first!.answers.map((answer) => answer?.errno)).toEqual([ECANCELED, ECANCELED]);
    for (const source of others) {
      expectAnswer(source.answers[0]!, bytes);
      expectAnswer(source.answers[1]!, bytes.subarray(5, 11));
    }
    file.close();
  });
});

describe.each(ENGINES)('$name and storage that hangs', ({ name, skip }) => {
  test.skipIf(skip !== undefined)(
    named('close() does not wait for ever for a read that nothing ends', skip),
    async () => {
      const engine = await openEngine({ engine: name });
      const source = new ListSource([faulty.file('stuck')]);
      const run = engine.run(source);
      await sleep(50);
      await engine.close();
      await expect(run.finished).rejects.toMatchObject({ kind: 'closed' });
      expect(() => engine.run(source)).toThrow(expect.objectContaining({ kind: 'closed' }));
    },
  );
});

/** Waits until a process has a ring, and some more, until its reads are under way. */
async function untilReading({ pid }: ChildProcess): Promise<void> {
  const isRing = (fd: string) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).includes('io_uring');
    } catch {
      return false;
    }
  };
  while (!readdirSync(`/proc/${pid}/fd`).some(isRing)) await sleep(10);
  await sleep(500);
}

const noRings = faulty.skip ?? noUring;
test.skipIf(noRings !== undefined).each(['1', '3'])(
  named('lsio get --rings %s ends soon after Ctrl-C when its reads hang', noRings),
  async (rings) => {
    // At depth 1 each ring has one of them.
    const stuck = Array<string>(3).fill(faulty.file('stuck').path);
    const args = ['get', '--engine', 'uring', '--queue-depth', '1', '--rings', rings, '--discard', ...stuck];
    const child = spawn(process.execPath, [path.join(ROOT, 'bin/lsio.js'), ...args], { stdio: 'ignore' });
    const exited = new Promise((resolve) => child.once('exit', (status, signal) => resolve(status ?? signal)));
    await untilReading(child);
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect(await exited).toBe(130);
  },
);

test.skipIf(noRings !== undefined)(named('lsio get ends at the second Ctrl-C at once', noRings), async () => {
  const args = ['get', '-q', '--engine', 'uring', '--discard', faulty.file('stuck').path];
  const child = spawn(process.execPath, [path.join(ROOT, 'bin/lsio.js'), ...args], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', (status, signal) => resolve(status ?? signal)));
  await untilReading(child);
  child.kill('SIGINT');
  // Well within the two seconds that the first one gives the storage, after which the process exits by itself with 130.
  await sleep(300);
  child.kill('SIGINT');
  // Two that come at the same moment are one: on a busy machine there is a third.
  void sleep(500).then(() => child.kill('SIGINT'));
  expect(await exited).toBe('SIGINT');
});
