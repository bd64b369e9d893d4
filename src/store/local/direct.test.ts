import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { describe, expect, type TestContext, test } from 'vitest';
import { type Clock, systemClock } from '../../clock.js';
import {
  engineFor,
  expectBytes,
  InMemoryFile,
  pattern,
  readWithFs,
  Scratch,
  SilentFifo,
} from '../../engine/conformance-kit.js';
import { type Engine, TO_END } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { cacheResidency, directAlignment, evictPages } from '../../native/libc.js';
import { loadKoffi } from '../../native/library.js';
import { coalesceAuto } from '../../plan/coalesce.js';
import { each, expectReceived, onEachEngine, type PathRequest, receive, watch } from '../../read/read.testing.js';
import { type DirectChoice, DirectReads, withinLimit } from './direct.js';
import { type LocalReadOptions, LocalStore } from './local.js';

function readMany(engine: Engine, requests: Iterable<PathRequest>, options: LocalReadOptions = {}) {
  function* keyed() {
    for (const { path: key, range } of requests) yield { key, range };
  }
  return each(LocalStore.ofPaths(engine).getMany(keyed(), options));
}

/** Requests that `auto` doesn't look at, and those by which it has made up its mind. */
const UNSEEN = 64;
const DECIDED = UNSEEN + 7 * 8;
/** No more requests than these are taken before they are read. */
const AHEAD_MAX = 3000;

/** The page cache belongs to everybody: another program may drop a page between two steps. */
const UNDISTURBED = { retry: 10 };

function evict(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fdatasyncSync(fd);
    evictPages(fd);
  } finally {
    closeSync(fd);
  }
}

/** Keeps a file in the page cache whatever others do to it. Returns what ends that. */
function lockInCache(path: string): () => void {
  const libc = loadKoffi().load(null);
  const { size } = statSync(path);
  const fd = openSync(path, 'r');
  const [READ, SHARED] = [1, 1];
  const address = libc.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)')(0, size, READ, SHARED, fd, 0);
  closeSync(fd);
  expect(libc.func('int mlock(uintptr_t, size_t)')(address, size)).toBe(0);
  return () => libc.func('int munmap(uintptr_t, size_t)')(address, size);
}

/** Reads without end of what is not in the page cache: holes of one large file, by many names for it. */
function* coldReads(path: string): Generator<PathRequest, never> {
  const NAMES = 1000;
  const HOLE_BYTES = 2 ** 20;
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  for (let name = 0; name < NAMES; name++) linkSync(path, `${path}-${name}`);
  for (let read = 0; ; read++) {
    yield { path: `${path}-${read % NAMES}`, range: { offset: read * HOLE_BYTES, length: 4096 } };
  }
}

describe('withinLimit()', () => {
  test('gives the answer, or after the limit what stands for it; then no timer is left', async () => {
    let running = 0;
    let pass = () => {};
    const clock: Clock = {
      ...systemClock,
      timer: (callback) => ({
        start: () => {
          running++;
          pass = callback;
        },
        stop: () => {
          running--;
        },
      }),
    };
    expect(await withinLimit(clock, Promise.resolve(1), 2)).toBe(1);
    await expect(withinLimit(clock, Promise.reject(new Error('refused')), 2)).rejects.toThrow('refused');
    let answer = (_: number) => {};
    const asked = new Promise<number>((fulfil) => {
      answer = fulfil;
    });
    const limited = withinLimit(clock, asked, 2);
    expect(running).toBe(1);
    pass();
    expect(await limited).toBe(2);
    answer(1);
    await new Promise((fulfil) => setImmediate(fulfil));
    expect(running).toBe(0);
  });
});

onEachEngine((name) => {
  const scratch = new Scratch();
  const engine = engineFor((queueDepth?: number) =>
    openEngine({ engine: name, ...(queueDepth !== undefined && { queueDepth }) }),
  );

  /** Makes files, the first `warm` of them in the page cache, the others not. Skips where that can't be had. */
  function files(context: TestContext, count: number, warm: number) {
    const made = Array.from({ length: count }, () => scratch.file(5000));
    const { path } = made[0]!;
    context.skip(directAlignment(path) === undefined, 'no O_DIRECT in the directory of temporary files');
    const fd = openSync(path, 'r');
    try {
      context.skip(cacheResidency(fd) === undefined, 'no cachestat(2) here');
    } finally {
      closeSync(fd);
    }
    for (const file of made.slice(warm)) evict(file.path);
    return made;
  }

  /** Reads and compares; returns how many reads went past the page cache. */
  async function directReads(made: readonly { path: string; bytes: Buffer }[], options: LocalReadOptions) {
    const watched = watch(engine());
    const received = await receive(readMany(watched.engine, made, options));
    for (const [index, file] of made.entries()) expectReceived(received[index], file.bytes, file.path);
    return watched.direct;
  }

  describe('readMany(), direct: auto', () => {
    test('reads directly what is not in the page cache, once it has seen enough', async (context) => {
      const made = files(context, 300, 0);
      const direct = await directReads(made, { direct: 'auto' });
      if (name === 'node') return expect(direct).toBe(0);
      expect(direct).toBeGreaterThan(0);
      expect(direct).toBeLessThanOrEqual(300 - DECIDED);
    });

    test(
      'reads through the page cache what is in it, and where there is little to be read',
      UNDISTURBED,
      async (context) => {
        expect(await directReads(files(context, 200, 200), { direct: 'auto' })).toBe(0);
        expect(await directReads(files(context, UNSEEN, 0), { direct: 'auto' })).toBe(0);
      },
    );

    test('is off unless it is asked for', async (context) => {
      expect(await directReads(files(context, 200, 0), {})).toBe(0);
    });

    test.skipIf(name === 'node')('waits for probes only until one has found a cached file', async (context) => {
      const [warm, cold] = files(context, 2, 1);
      const unlock = lockInCache(warm!.path);
      try {
        const direct = new DirectReads('auto', 'uring', systemClock);
        const extent = { offset: 0, length: TO_END };
        const probe = async (index: number, path: string) => {
          expect(direct.isDue(index, path, TO_END)).toBe(true);
          let goesOn = false;
          await new Promise<void>((fulfil) => {
            goesOn = direct.ready(index, path, extent, fulfil);
            // Neither the next request waits, nor is it probed meanwhile.
            expect(direct.isDue(index + 1, path, TO_END)).toBe(!goesOn);
            expect(direct.ready(index + 1, path, extent, () => {})).toBe(goesOn);
          });
          return goesOn;
        };
        expect(await probe(UNSEEN, warm!.path)).toBe(false);
        expect(await probe(UNSEEN + 8, warm!.path)).toBe(true);
        evict(cold!.path);
        expect(await probe(UNSEEN + 16, cold!.path)).toBe(true);
        expect(await probe(UNSEEN + 24, warm!.path)).toBe(false);
        expect(await probe(UNSEEN + 32, warm!.path)).toBe(true);
      } finally {
        unlock();
      }
    });

    test.skipIf(name === 'node')('changes its mind when the list does', async (context) => {
      const [warm] = files(context, 1, 1);
      const unlock = lockInCache(warm!.path);
      const cold = coldReads(scratch.path('holes'));
      const watched = watch(engine());
      // The list goes on until the reads have changed, however slow this machine is: a wrong answer is a hang.
      function* requests(): Generator<PathRequest> {
        while (watched.buffered < 2 * DECIDED) yield warm!;
        expect(watched.direct).toBe(0);
        while (watched.direct === 0) yield cold.next().value;
        // More than can be on their way already.
        for (let more = 0; more < AHEAD_MAX; more++) yield warm!;
        const before = watched.buffered;
        while (watched.buffered === before) yield warm!;
      }
      try {
        const options = { direct: 'auto', ordered: true, readOrder: 'given', coalesce: undefined } as const;
        for await (const { request, bytes, error } of readMany(watched.engine, requests(), options)) {
          if (error !== undefined) throw error;
          expectBytes(
            Buffer.from(bytes!),
            request.key === warm?.path ? warm.bytes : Buffer.alloc(4096),
            String(request.key),
          );
        }
      } finally {
        unlock();
      }
    });

    test.skipIf(name === 'node')('looks at a long file by itself', UNDISTURBED, async (context) => {
      const [cold] = files(context, 1, 0);
      const long = scratch.file(9 * 1024 * 1024 + 77);
      evict(long.path);
      expect(await directReads([cold!, long], { direct: 'auto' })).toBeGreaterThan(0);
      readFileSync(long.path);
      expect(await directReads([cold!, long], { direct: 'auto' })).toBe(0);
    });

    test.skipIf(name === 'node')('looks at a file of which long ranges are read', UNDISTURBED, async (context) => {
      files(context, 1, 0);
      const long = scratch.file(2 ** 22);
      // Backwards: what the system reads ahead is what was read before.
      const length = 2 ** 20;
      const requests = [3, 2, 1, 0].map((at) => ({ path: long.path, range: { offset: at * length, length } }));
      for (const cached of [false, true]) {
        if (cached) readFileSync(long.path);
        else evict(long.path);
        const watched = watch(engine());
        const options = { direct: 'auto', ordered: true, coalesce: 'off' } as const;
        const received = await receive(readMany(watched.engine, requests, options));
        for (const [at, { range }] of requests.entries()) {
          expectReceived(received[at], long.bytes.subarray(range.offset, range.offset + length));
        }
        // The first one is not looked at: it may be the only one.
        expect(watched.direct).toBe(cached ? 0 : 3);
      }
    });

    test('is not misled by what is no file', async (context) => {
      const made = files(context, 200, 0);
      mkdirSync(scratch.path('directory'), { recursive: true });
      const bad: PathRequest[] = [{ path: scratch.path('missing') }, { path: scratch.path('directory') }];
      const requests = made.flatMap((file): PathRequest[] => [file, ...bad]);
      const received = await receive(readMany(engine(), requests, { direct: 'auto' }));
      for (const [index, file] of made.entries()) {
        expectReceived(received[index * 3], file.bytes);
        expect(received[index * 3 + 1]!.error).toMatchObject({ code: 'ENOENT' });
        expect(received[index * 3 + 2]!.error).toMatchObject({ code: 'EISDIR' });
      }
    });
  });

  describe('readMany(), direct: on', () => {
    test('reads everything directly', async (context) => {
      const made = files(context, 70, 70);
      expect(await directReads(made, { direct: 'on' })).toBeGreaterThanOrEqual(70);
      expect(await directReads([scratch.file(9 * 1024 * 1024)], { direct: 'on' })).toBeGreaterThanOrEqual(9);
    });

    test('gives the bytes that node:fs gives, of any ranges', async () => {
      const sizes = [0, 1, 511, 512, 513, 4096, 5000, 70_000];
      const made = sizes.map((size) => scratch.file(size));
      const range = fc.oneof(
        fc.record({ offset: fc.nat(75_000), length: fc.nat(9000) }),
        fc.record({ offset: fc.nat(5000) }),
        fc.record({ suffixLength: fc.nat(9000) }),
        fc.constant(undefined),
      );
      const request = fc.record({ file: fc.nat(sizes.length - 1), range, times: fc.integer({ min: 1, max: 3 }) });
      const options = fc.record({
        ordered: fc.boolean(),
        direct: fc.constantFrom<DirectChoice[]>('on', 'auto'),
        coalesce: fc.constantFrom(undefined, coalesceAuto({ direct: true })),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(request, { maxLength: 40 }), options, async (asked, chosen) => {
          const requests = asked.flatMap(({ file, range, times }) =>
            Array.from({ length: times }, (_, again): PathRequest => {
              const moved =
                range !== undefined && 'length' in range ? { ...range, offset: range.offset + again } : range;
              return { path: made[file]!.path, range: moved };
            }),
          );
          const received = await receive(readMany(engine(), requests, chosen));
          for (const [index, { path, range }] of requests.entries()) {
            if (received[index]!.error?.kind === 'range') continue;
            const bytes = readWithFs(path as string, 0, TO_END);
            const { offset = 0, length = Number.POSITIVE_INFINITY } = (range ?? {}) as {
              offset?: number;
              length?: number;
            };
            const expected =
              range !== undefined && 'suffixLength' in range
                ? bytes.subarray(Math.max(0, bytes.length - range.suffixLength))
                : bytes.subarray(offset, offset + length);
            expectReceived(received[index], expected, `${JSON.stringify(range)} of ${bytes.length} bytes`);
          }
        }),
        { numRuns: 60 },
      );
    });

    test('reads what has no O_DIRECT through the page cache', async (context) => {
      context.skip(!existsSync('/dev/shm') || !existsSync('/proc/cpuinfo'), 'no tmpfs or procfs');
      const inMemory = new InMemoryFile(pattern(3, 70_001));
      try {
        const watched = watch(engine());
        const requests: PathRequest[] = [
          inMemory,
          { path: inMemory.path, range: { offset: 513, length: 4000 } },
          { path: '/proc/version' },
        ];
        const received = await receive(readMany(watched.engine, requests, { direct: 'on', ordered: true }));
        expectReceived(received[0], inMemory.bytes);
        expectReceived(received[1], inMemory.bytes.subarray(513, 4513));
        expectReceived(received[2], readFileSync('/proc/version'));
        expect(watched.direct).toBe(0);
      } finally {
        inMemory.remove();
      }
    });

    test('fails only what fails', async () => {
      const good = scratch.file(5000);
      const fifo = new SilentFifo(scratch.path('fifo'));
      try {
        const watched = watch(engine());
        const requests = [{ path: scratch.path('missing') }, { path: fifo.path }, { path: 'a\0b' }, good];
        const received = await receive(readMany(watched.engine, requests, { direct: 'on', ordered: true }));
        expect(received.slice(0, 3).map(({ error }) => error?.code ?? error?.kind)).toEqual([
          'ENOENT',
          'read',
          'usage',
        ]);
        expectReceived(received[3], good.bytes);
        if (directAlignment(good.path) !== undefined) expect(watched.direct).toBeGreaterThan(0);
      } finally {
        fifo.remove();
      }
    });
  });

  describe('readMany() of a device with sectors of 4096 bytes', () => {
    /** Runs with such a device mounted at a directory. Skips where that isn't allowed. */
    async function withDevice(context: TestContext, body: (directory: string) => Promise<void>): Promise<void> {
      const image = scratch.path('image');
      const directory = scratch.path('mounted');
      mkdirSync(directory, { recursive: true });
      execFileSync('truncate', ['-s', '32M', image]);
      const { status, stdout } = spawnSync('losetup', ['--sector-size', '4096', '--find', '--show', image]);
      context.skip(status !== 0, 'losetup --sector-size 4096 is not allowed here');
      const device = stdout.toString().trim();
      try {
        execFileSync('mkfs.ext4', ['-q', '-b', '4096', device], { stdio: 'pipe' });
        context.skip(spawnSync('mount', [device, directory]).status !== 0, 'mount is not allowed here');
        try {
          await body(directory);
        } finally {
          // Lazily: after a failure files of it may still be open.
          execFileSync('umount', ['--lazy', directory]);
        }
      } finally {
        execFileSync('losetup', ['--detach', device]);
        rmSync(image);
      }
    }

    test('takes its alignment from the file system, and reads unaligned ranges', async (context) => {
      await withDevice(context, async (directory) => {
        const made = [1, 2].map((seed) => ({ path: `${directory}/${seed}`, bytes: pattern(seed, 50_001) }));
        for (const { path, bytes } of made) writeFileSync(path, bytes);
        expect(directAlignment(made[0]!.path)?.offsetBytes).toBe(4096);
        expect(await directReads(made, { direct: 'on' })).toBeGreaterThanOrEqual(2);
        const store = await LocalStore.open(directory, { engine: name, direct: 'on' });
        const ranges = [
          [0, 1],
          [511, 2],
          [513, 40_000],
          [50_000, 100],
        ].map(([offset = 0, length = 0]) => ({ key: '/1', range: { offset, length } }) as const);
        const received = await receive(each(store.getMany(ranges, { ordered: true })));
        for (const [index, { range }] of ranges.entries()) {
          expectReceived(received[index], made[0]!.bytes.subarray(range.offset, range.offset + range.length));
        }
        await store.close();
      });
    });

    test('reads through the page cache what asks for more than the others', async (context) => {
      await withDevice(context, async (directory) => {
        const before = scratch.file(5000);
        context.skip((directAlignment(before.path)?.offsetBytes ?? 4096) >= 4096, 'no smaller sectors to compare with');
        const bytes = pattern(7, 50_001);
        writeFileSync(`${directory}/file`, bytes);
        const link = scratch.path(`link-${name}`);
        symlinkSync(`${directory}/file`, link);
        const ranges = [undefined, ...[513, 1025, 2047].map((offset) => ({ offset, length: 100 }))];
        const requests: PathRequest[] = [before, ...ranges.map((range) => ({ path: link, range }))];
        for (const coalesce of [undefined, { gapBytesMax: 0, readBytesMax: 4096 }]) {
          const received = await receive(readMany(engine(), requests, { direct: 'on', ordered: true, coalesce }));
          for (const [index, { range }] of requests.slice(1).entries()) {
            const { offset = 0, length = bytes.length } = (range ?? {}) as { offset?: number; length?: number };
            expectReceived(received[index + 1], bytes.subarray(offset, offset + length), `request ${index}`);
          }
        }
      });
    });
  });
});
