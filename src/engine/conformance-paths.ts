import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants as os } from 'node:os';
import { getuid } from 'node:process';
import { describe, expect, test } from 'vitest';
import {
  type Ask,
  engineFor,
  expectAnswer,
  type OpenEngine,
  pattern,
  readList,
  readOne,
  Scratch,
  SilentFifo,
} from './conformance-kit.js';
import { NOT_REGULAR } from './slots.js';

const { EACCES, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO } = os.errno;
const nothing = Buffer.alloc(0);
const noTerminal = spawnSync('script', ['--version']).status === 0 ? '' : ' (no script: apt-get install bsdutils)';

/** What paths may name besides files, and how they may fail: one answer each, and the others are delivered. */
export function pathTests(open: OpenEngine): void {
  describe('what is not a file', () => notFileTests(open));
  describe('paths that fail', () => failingPathTests(open));
  describe('names', () => nameTests(open));
}

function notFileTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  /** The errno of reading a path to the end, a part of it, and both with O_DIRECT, as a path and as a shared file. */
  async function errnosOf(path: string): Promise<Set<number>> {
    const errnos: number[] = [];
    for (const directAlignBytes of [0, 4096]) {
      const file = engine().share(path, { directAlignBytes });
      const places = [{ path }, { file }];
      const asks: Ask[] = places.flatMap((place) => [
        place,
        { ...place, length: 10 },
        { ...place, offset: 9, length: 10 },
      ]);
      for (const answer of await readList(engine(), asks, { directAlignBytes })) {
        expect(answer.bytes).toEqual(nothing);
        errnos.push(answer.errno);
      }
      file.close();
    }
    return new Set(errnos);
  }

  test('run() refuses a directory', async () => {
    expect(await errnosOf(scratch.path('.'))).toEqual(new Set([EISDIR]));
  });

  test('run() refuses a FIFO without a writer', async () => {
    const path = scratch.path('no-writer');
    execFileSync('mkfifo', [path]);
    expect(await errnosOf(path)).toEqual(new Set([NOT_REGULAR]));
    // By a path that can't be looked up at once the kernel opens it aside, and there waits for a writer.
    if (existsSync('/proc/self/root')) {
      expect(await errnosOf(`/proc/self/root${path}`)).toEqual(new Set([NOT_REGULAR]));
    }
  });

  test('run() refuses a FIFO whose writer says nothing', async () => {
    const fifo = new SilentFifo(scratch.path('writer'));
    expect(await errnosOf(fifo.path)).toEqual(new Set([NOT_REGULAR]));
    fifo.remove();
  });

  test('run() refuses a FIFO that has bytes, to the end and ranges of it', async () => {
    const fifo = new SilentFifo(scratch.path('bytes'));
    writeSync(fifo.fd, 'five.');
    expect(await readOne(engine(), fifo)).toMatchObject({ errno: NOT_REGULAR });
    // A range would be whatever comes next, wherever it is said to begin.
    writeSync(fifo.fd, 'abcdefghij');
    for (const ask of [{ length: 2 }, { offset: 2, length: 2 }, { offset: 2 }]) {
      expect(await readOne(engine(), { path: fifo.path, ...ask })).toMatchObject({ errno: NOT_REGULAR });
      const file = engine().share(fifo.path);
      expect(await readOne(engine(), { file, ...ask })).toMatchObject({ errno: NOT_REGULAR });
      file.close();
    }
    fifo.remove();
  });

  test.skipIf(noTerminal !== '')(
    `run() refuses a range of a terminal that has a line to read${noTerminal}`,
    async () => {
      const terminal = await openTerminal('abcdefghijklmnopqrstuvwxyz');
      const link = scratch.path('terminal');
      symlinkSync(terminal.path, link);
      for (const path of [terminal.path, link]) {
        for (const ask of [{ length: 1 }, { length: 26 }, { offset: 2, length: 2 }, { offset: 2 }]) {
          expect(await readOne(engine(), { path, ...ask })).toEqual({ errno: NOT_REGULAR, bytes: nothing });
          const file = engine().share(path);
          const answers = await readList(engine(), [
            { file, ...ask },
            { file, ...ask },
          ]);
          for (const answer of answers) expect(answer).toEqual({ errno: NOT_REGULAR, bytes: nothing });
          file.close();
        }
      }
      // What was refused took nothing.
      expect(execFileSync('head', ['-n', '1', terminal.path]).toString()).toBe('abcdefghijklmnopqrstuvwxyz\n');
      terminal.close();
    },
  );

  test('run() refuses a unix socket', async () => {
    const path = scratch.path('socket');
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await errnosOf(path)).toEqual(new Set([ENXIO]));
    server.close();
  });

  test('run() reads a device only as far as is said', async () => {
    const asks = [
      { offset: 0, length: 1 },
      { offset: 12_345, length: 300_000 },
      { offset: 0, length: 0 },
    ];
    for (const directAlignBytes of [0, 4096]) {
      const file = engine().share('/dev/zero', { directAlignBytes });
      for (const place of [{ path: '/dev/zero' }, { file }]) {
        const answers = await readList(
          engine(),
          asks.map((ask) => ({ ...place, ...ask })),
          { directAlignBytes },
        );
        for (const [index, answer] of answers.entries()) expectAnswer(answer, Buffer.alloc(asks[index]!.length));
        expect(await readOne(engine(), place)).toMatchObject({ errno: NOT_REGULAR });
      }
      file.close();
    }
    expectAnswer(await readOne(engine(), { path: '/dev/null', length: 10 }), nothing);
    expect(await readOne(engine(), { path: '/dev/null' })).toMatchObject({ errno: NOT_REGULAR });
  });
}

/** A terminal into which a line was typed. */
async function openTerminal(line: string): Promise<{ readonly path: string; close(): void }> {
  const child = spawn('script', ['-qfc', 'tty; exec sleep 100', '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let screen = '';
  let path = '';
  for await (const chunk of child.stdout) {
    screen += chunk;
    if (path === '' && screen.includes('\n')) {
      path = screen.trim();
      child.stdin.write(`${line}\n`);
    }
    // The terminal's echo.
    if (screen.includes(`${line}\r\n`)) break;
  }
  return { path, close: () => child.kill() };
}

function failingPathTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  /** Reads a path that fails, as a path and as a shared file, between others that don't. */
  async function expectErrno(path: string | Buffer, errno: number): Promise<void> {
    const good = scratch.file(5000);
    const file = engine().share(path);
    const bad: Ask[] = [{ path }, { file }, { file, offset: 3, length: 4 }, { path, length: 0 }, { file }];
    const answers = await readList(
      engine(),
      bad.flatMap((ask) => [good, ask]),
    );
    for (const [index, answer] of answers.entries()) {
      if (index % 2 === 0) expectAnswer(answer, good.bytes);
      else expect(answer).toEqual({ errno, bytes: nothing });
    }
    file.close();
  }

  test('run() says ENOENT for a path that is not there', async () => {
    await expectErrno(scratch.path('absent'), ENOENT);
    await expectErrno('', ENOENT);
  });

  test('run() reads a shared file that came to be after its first open failed', async () => {
    const path = scratch.path('late');
    const file = engine().share(path);
    expect(await readOne(engine(), { file })).toMatchObject({ errno: ENOENT });
    writeFileSync(path, pattern(7, 1000));
    expectAnswer(await readOne(engine(), { file }), pattern(7, 1000));
    file.close();
  });

  test('run() says ENOTDIR for a path through a file', async () => {
    await expectErrno(`${scratch.file(1).path}/name`, ENOTDIR);
  });

  test('run() says ELOOP for a link to itself', async () => {
    symlinkSync('loop', scratch.path('loop'));
    await expectErrno(scratch.path('loop'), ELOOP);
  });

  test.each([256, 4096, 30_000, 200_000])('run() says ENAMETOOLONG for a name of %i bytes', async (length) => {
    await expectErrno(scratch.path('x'.repeat(length)), ENAMETOOLONG);
    await expectErrno(Buffer.from(scratch.path('é'.repeat(length))), ENAMETOOLONG);
  });

  const asRoot = getuid?.() === 0;
  test.skipIf(asRoot)(
    `run() says EACCES for a file that may not be read${asRoot ? ' (skipped: root may; test/engine-limits asks as nobody)' : ''}`,
    async () => {
      const { path } = scratch.file(10);
      chmodSync(path, 0);
      await expectErrno(path, EACCES);
    },
  );

  test('run() says EINVAL for a path with a NUL, and does not read what is before it', async () => {
    const { path } = scratch.file(10);
    await expectErrno(`${path}\0.txt`, EINVAL);
    await expectErrno(Buffer.from(`${path}\0`), EINVAL);
  });
}

function nameTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test('run() reads files by the exact bytes of their names', async () => {
    const directory = scratch.path('names');
    mkdirSync(directory);
    const names = ['61ff fe62', 'c3 28', '0a', '2d2d', '20', 'c3a9', '65cc81', 'f09f9880'].map((hex) =>
      Buffer.from(hex.replaceAll(' ', ''), 'hex'),
    );
    const paths = names.map((name) => Buffer.concat([Buffer.from(`${directory}/`), name]));
    for (const [index, path] of paths.entries()) writeFileSync(path, pattern(index, 100 + index));
    expect(readdirSync(directory)).toHaveLength(names.length);

    const shared = paths.map((path) => engine().share(path));
    const answers = await readList(engine(), [...paths.map((path) => ({ path })), ...shared.map((file) => ({ file }))]);
    for (const [index, answer] of answers.entries()) {
      const number = index % names.length;
      expectAnswer(answer, pattern(number, 100 + number), `the file named ${names[number]!.toString('hex')}`);
    }
    for (const file of shared) file.close();
  });

  test('run() reads files by text that is not ASCII', async () => {
    const names = ['é', 'e\u0301', '😀', '日本語', ' ', '-n', 'a\nb'];
    for (const [index, name] of names.entries()) writeFileSync(scratch.path(name), pattern(index, 50 + index));
    const answers = await readList(
      engine(),
      names.map((name) => ({ path: scratch.path(name) })),
    );
    for (const [index, answer] of answers.entries()) expectAnswer(answer, pattern(index, 50 + index), names[index]);
  });
}
