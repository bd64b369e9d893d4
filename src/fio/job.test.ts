import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeWorkload, possibleCases } from '../workload/cases.js';
import type { CaseName, Workload, WorkloadFile } from '../workload/workload.js';
import { type FioJob, fioJob, fioPassesMax } from './job.js';
import type { FioJobOptions } from './job-options.js';

const MIB = 1024 * 1024;
const matched: FioJobOptions = { queueDepth: 64, rings: 1, direct: false, baseline: 'matched' };

function filesOf(...sizes: number[]): WorkloadFile[] {
  return sizes.map((size, index) => ({ path: `/d/g${index}`, size }));
}

function work(name: CaseName, files: WorkloadFile[]): Workload {
  return makeWorkload(name, files, { dir: '/d' });
}

/** What a list says: the reads of one of fio's jobs, as path, offset, length. */
function readsOf(list: string): [string, number, number][] {
  const lines = list.split('\n').filter((line) => line.includes(' read '));
  return lines.map((line) => {
    const [path = '', , offset, length] = line.split(' ');
    return [path, Number(offset), Number(length)];
  });
}

function settings(job: FioJob): string[] {
  return job.text.split('\n');
}

describe('fioJob()', () => {
  test('fioJob() reads files of one size without a list, in their order, opened lazily, as often as asked', () => {
    const job = fioJob(work('whole-files', filesOf(4096, 4096, 4096)), { ...matched, passes: 7, queueDepth: 8 });
    expect(job.text).toBe(`[global]
ioengine=io_uring
direct=0
bs=4096
iodepth=8
iodepth_batch_submit=8
iodepth_batch_complete_max=8
mem=mmap
fixedbufs=1
invalidate=0
fadvise_hint=0
lat_percentiles=1
clat_percentiles=0
disable_slat=1
disable_clat=1
allow_file_create=0
group_reporting=1
rw=read
filesize=4096
file_service_type=sequential
openfiles=16
loops=7

[ring0]
filename=/d/g0:/d/g1:/d/g2
`);
    expect(job).toMatchObject({ operations: 21, bytes: 7 * 3 * 4096, reads: 21, bytesRead: 7 * 3 * 4096, links: [] });
  });

  test('fioJob() writes everything else down as a list: every read, in order, each file opened and closed once', () => {
    const job = fioJob(work('file-gaps', filesOf(5000, 40_000, 0)), matched);
    expect(job.extraFiles).toEqual([
      {
        name: 'list0',
        text: `fio version 2 iolog
/d/g0 add
/d/g1 add
/d/g0 open
/d/g0 read 0 4096
/d/g0 close
/d/g1 open
/d/g1 read 0 4096
/d/g1 read 36864 3136
`,
      },
    ]);
    expect(settings(job)).toEqual(expect.arrayContaining(['read_iolog=list0', 'io_size=11328', 'replay_no_stall=1']));
    expect(job).toMatchObject({ operations: 3, reads: 3, bytes: 11_328, bytesRead: 11_328 });
  });

  test('fioJob() gives fio the very offsets of big-random', () => {
    const random = work('big-random', [{ path: '/d/big', size: 64 * MIB }]);
    const job = fioJob(random, matched);
    const reads = readsOf(job.extraFiles[0]!.text);
    expect(reads.map(([, offset]) => offset)).toEqual([...random.offsets]);
    expect(new Set(reads.map(([, , length]) => length))).toEqual(new Set([4096]));
  });

  test('fioJob() repeats a list for more passes, and ends the last one with a read', () => {
    const files = filesOf(10, 20, 0);
    const once = fioJob(work('whole-files', files), matched);
    const list = fioJob(work('whole-files', files), { ...matched, passes: 3 });
    expect(readsOf(list.extraFiles[0]!.text)).toEqual(Array(3).fill(readsOf(once.extraFiles[0]!.text)).flat());
    expect(list.extraFiles[0]!.text).toMatch(/read 0 20\n$/);
    expect(list.extraFiles[0]!.text.match(/close/g)).toHaveLength(7);
    expect(list).toMatchObject({ operations: 9, bytes: 90, reads: 6, bytesRead: 90 });
    expect(list.caveats).toContain('fio opens 1 empty files but has nothing to read of them');
  });

  test('fioJob() rounds reads with O_DIRECT to sectors, and expects what the file holds of them', () => {
    const job = fioJob(work('whole-files', filesOf(5000, 4096, 1)), { ...matched, direct: true });
    expect(readsOf(job.extraFiles[0]!.text).map(([, , length]) => length)).toEqual([8192, 4096, 4096]);
    expect(job).toMatchObject({ bytes: 9097, bytesRead: 9097, reads: 3 });
    expect(settings(job)).toEqual(expect.arrayContaining(['direct=1', 'bs=8192', 'io_size=16384']));
    const inside = makeWorkload('file-heads', filesOf(9000), { dir: '/d', blockSizeBytes: 5000 });
    const wide = fioJob(inside, { ...matched, direct: true });
    expect(wide).toMatchObject({ bytes: 5000, bytesRead: 8192 });
    expect(wide.caveats.join()).toContain('3.12 KiB that only O_DIRECT');
  });

  test('fioJob() reads what is longer than 1 MiB in pieces, and counts them', () => {
    const job = fioJob(work('whole-files', filesOf(2.5 * MIB, 10)), matched);
    expect(readsOf(job.extraFiles[0]!.text)).toEqual([
      ['/d/g0', 0, MIB],
      ['/d/g0', MIB, MIB],
      ['/d/g0', 2 * MIB, MIB / 2],
      ['/d/g1', 0, 10],
    ]);
    expect(job).toMatchObject({ operations: 2, reads: 4, bytesRead: 2.5 * MIB + 10 });
  });

  test('fioJob() never loses, adds or reorders a read, whatever the files, rings, passes and alignment', () => {
    const sizes = fc.array(fc.oneof(fc.nat(300_000), fc.constant(64 * MIB), fc.constant(8192)), {
      minLength: 1,
      maxLength: 12,
    });
    const numbers = fc.record({
      rings: fc.integer({ min: 1, max: 4 }),
      passes: fc.integer({ min: 1, max: 3 }),
      direct: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, numbers, (given, { rings, passes, direct }) => {
        const files = filesOf(...given);
        for (const name of possibleCases(files)) {
          const asked = makeWorkload(name, files, { dir: '/d', reads: 200 });
          if (asked.bytes === 0) continue;
          const job = fioJob(asked, { ...matched, rings, passes, direct });
          const lists = job.extraFiles.map(({ text }) => readsOf(text));
          expect(job).toMatchObject({ operations: asked.operations * passes, bytes: asked.bytes * passes });
          if (lists.length === 0) {
            const names = job.text
              .split('\n')
              .flatMap((line) => (line.startsWith('filename=') ? line.slice(9).split(':') : []));
            expect(names).toEqual(asked.files.map(({ path }) => path));
            expect(job.reads).toBe(asked.operations * passes);
            continue;
          }
          expect(lists.flat()).toHaveLength(job.reads);
          const onePass = lists.flatMap((list) => list.slice(0, list.length / passes));
          expect(bytesCovered(onePass)).toEqual(bytesAsked(asked, direct ? 4096 : 1));
          const sizeOf = new Map(files.map(({ path, size }) => [path, size]));
          const read = lists
            .flat()
            .reduce((sum, [path, offset, length]) => sum + Math.min(length, sizeOf.get(path)! - offset), 0);
          expect(job.bytesRead).toBe(read);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('fioJob() shares the work out among rings, and makes no more of them than there is work', () => {
    const job = fioJob(work('whole-files', filesOf(10, 10, 10)), { ...matched, rings: 2 });
    expect(job.text.match(/^filename=.*/gm)).toEqual(['filename=/d/g0', 'filename=/d/g1:/d/g2']);
    const few = fioJob(work('whole-files', filesOf(10, 20)), { ...matched, rings: 8 });
    expect(few.extraFiles.map(({ name }) => name)).toEqual(['list0', 'list1']);
  });

  test('fioJob() breaks long lists of names into lines that fio can read', () => {
    const files = Array.from({ length: 500 }, (_, index) => ({ path: `/some/directory/of/files/f${index}`, size: 5 }));
    const lines = settings(fioJob(work('whole-files', files), matched)).filter((line) => line.startsWith('filename='));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(4000);
    expect(lines.flatMap((line) => line.slice(9).split(':'))).toEqual(files.map(({ path }) => path));
  });

  test.each([
    ['/d/a:b', '/d/a:b'],
    ['/d/a#b', '/d/a#b'],
    ['/d/a;b', '/d/a;b'],
    ['/d/$HOME', '/d/$HOME'],
    ['/d/"q"', '/d/"q"'],
    ['/d/back\\slash', '/d/back\\slash'],
    ['/d/sp ace', 'link0'],
    ['/d/new\nline', 'link0'],
    ['/d/tab\t', 'link0'],
    [`/d/${'x'.repeat(300)}`, 'link0'],
  ])('fioJob() can name %j', (path, name) => {
    const job = fioJob(work('whole-files', [{ path, size: 5 }]), matched);
    expect(readsOf(job.extraFiles[0]!.text)).toEqual([[name, 0, 5]]);
    expect(job.links).toEqual(name === 'link0' ? [{ name, target: path }] : []);
    expect(job.caveats.some((line) => line.includes('symbolic links'))).toBe(name === 'link0');
  });

  test('fioJob() registers buffers only where the memory may be locked', () => {
    const files = work('whole-files', filesOf(4096, 4096));
    expect(settings(fioJob(files, { ...matched, memlockBytes: 4 * 64 * 4096 }))).toContain('fixedbufs=1');
    const without = fioJob(files, { ...matched, memlockBytes: 4 * 64 * 4096 - 1 });
    expect(settings(without)).not.toContain('fixedbufs=1');
    expect(without.caveats.join()).toContain('not registered');
  });

  test('fioJob() reads into huge pages where enough are reserved, else says what lsio has ahead with O_DIRECT', () => {
    const files = work('whole-files', filesOf(...Array.from({ length: 4 }, () => MIB)));
    // 64 buffers of 1 MiB and the next multiple of 4 MiB, for each of two jobs.
    const direct = { ...matched, direct: true, rings: 2, hugeBytes: 2 * 68 * MIB };
    const huge = fioJob(files, direct);
    expect(settings(huge)).toContain('mem=mmaphuge');
    expect(huge.caveats.join()).not.toContain('huge pages');
    const ordinary = fioJob(files, { ...direct, hugeBytes: 2 * 68 * MIB - 1 });
    expect(settings(ordinary)).toContain('mem=mmap');
    expect(ordinary.caveats.join()).toContain('vm.nr_hugepages=68');
    expect(fioJob(files, { ...matched, direct: false }).caveats.join()).not.toContain('huge pages');
  });

  test('fioJob() takes no latencies when none are wanted', () => {
    const job = fioJob(work('whole-files', filesOf(4096)), { ...matched, latency: false });
    expect(settings(job)).toContain('gtod_reduce=1');
    expect(job.text).not.toContain('lat_percentiles');
  });

  test('fioJob() never writes a number that fio would round: integers only', () => {
    const files = filesOf(...Array.from({ length: 30 }, (_, index) => index * 1001));
    for (const name of ['whole-files', 'file-heads', 'file-gaps'] as const) {
      for (const direct of [true, false]) {
        const { text } = fioJob(work(name, files), { ...matched, direct, rings: 3 });
        for (const line of text.split('\n')) expect(line).not.toMatch(/=\d+[^\d\n]/);
      }
    }
  });

  test('fioJob() classic: files opened and registered before the clock, numbered where they are', () => {
    const numbered = Array.from({ length: 12 }, (_, index) => ({ path: `/d/f${index}`, size: 100 }));
    const classic = { ...matched, baseline: 'classic' } as const;
    const lines = settings(fioJob(work('whole-files', numbered), classic));
    const expected = [
      'registerfiles=1',
      'sqthread_poll=1',
      'fixedbufs=1',
      'directory=/d',
      'filename_format=f$filenum',
      'nrfiles=12',
    ];
    expect(lines).toEqual(expect.arrayContaining(expected));
    const others = settings(fioJob(work('whole-files', numbered.slice(1)), classic));
    expect(others).toContain(
      `filename=${numbered
        .slice(1)
        .map(({ path }) => path)
        .join(':')}`,
    );
  });

  test('fioJob() classic refuses what it can not do', () => {
    const error = expect.objectContaining({ kind: 'usage', message: expect.stringContaining('classic') });
    const classic = { ...matched, baseline: 'classic' } as const;
    expect(() => fioJob(work('whole-files', filesOf(1, 2)), classic)).toThrow(error);
    expect(() => fioJob(work('file-heads', filesOf(4096, 4096)), classic)).toThrow(error);
  });

  test('fioJob() refuses files that are all empty: fio has nothing to do', () => {
    expect(() => fioJob(work('whole-files', filesOf(0, 0)), matched)).toThrow('fio reads nothing');
  });
});

describe('fioPassesMax()', () => {
  test('fioPassesMax() bounds lists, by their length and by the time that fio takes to load them', () => {
    expect(fioPassesMax(work('whole-files', filesOf(10, 10)), matched)).toBe(Number.POSITIVE_INFINITY);
    const mixed = work('whole-files', filesOf(...Array.from({ length: 20_000 }, (_, index) => index)));
    const passes = fioPassesMax(mixed, matched);
    expect(passes).toBe(8);
    expect(() => fioJob(mixed, { ...matched, passes: passes + 1 })).toThrow('9 passes');
    const random = makeWorkload('big-random', [{ path: '/d/big', size: 1024 * MIB }], { dir: '/d', reads: 250_000 });
    expect(fioPassesMax(random, matched)).toBe(19);
    const many = Array.from({ length: 200_000 }, (_, index) => ({ path: `/d/${index}`, size: 1 + (index % 2) }));
    expect(() => fioPassesMax(work('whole-files', many), matched)).toThrow('too long to load');
  });
});

/** The bytes of files that reads cover: path and 4 KiB-independent runs, merged. */
function bytesCovered(reads: readonly [string, number, number][]): [string, number, number][] {
  const merged: [string, number, number][] = [];
  for (const [path, offset, length] of reads) {
    const last = merged.at(-1);
    if (last?.[0] === path && last[1] + last[2] === offset) last[2] += length;
    else merged.push([path, offset, length]);
  }
  return merged;
}

function bytesAsked(asked: Workload, align: number): [string, number, number][] {
  const reads = Array.from(asked.fileOf, (file, operation): [string, number, number] => {
    const begin = Math.floor(asked.offsets[operation]! / align) * align;
    const end = Math.ceil((asked.offsets[operation]! + asked.lengths[operation]!) / align) * align;
    return [asked.files[file]!.path, begin, end - begin];
  });
  return bytesCovered(reads.filter(([, , length]) => length > 0));
}
