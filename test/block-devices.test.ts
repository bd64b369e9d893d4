import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockSyscallsLauncher } from './helpers/block-syscalls.js';
import { named, noUring, ROOT } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const LENGTH = 12 * 2 ** 20 + 3 * 512;
const bytes = Buffer.alloc(LENGTH);
for (let at = 0; at < LENGTH; at += 4) bytes.writeUInt32LE(at ^ 0x5a5a5a5a, at);
const directory = mkdtempSync(path.join(tmpdir(), 'lsio-block-'));

/** A file as a block device; or why that can't be had. */
function loopDevice(): { readonly device: string; readonly skip: string | undefined } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { device: '', skip: 'only root makes loop devices' };
  writeFileSync(path.join(directory, 'image'), bytes);
  const { status, stdout, stderr } = spawnSync('losetup', ['-r', '-f', '--show', path.join(directory, 'image')], {
    encoding: 'utf8',
  });
  return { device: stdout?.trim() ?? '', skip: status === 0 ? undefined : `losetup: ${stderr?.trim() ?? 'missing'}` };
}

const { device, skip } = loopDevice();
afterAll(() => {
  if (skip === undefined) execFileSync('losetup', ['-d', device]);
  rmSync(directory, { recursive: true });
});

function get(args: readonly string[]) {
  const all = [path.join(ROOT, 'bin/lsio.js'), 'get', '-q', ...args, device];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { maxBuffer: 2 ** 28, timeout: 60_000 });
  return { status, stdout, stderr: stderr.toString() };
}

const CASES: readonly [range: string | undefined, begin: number, end: number][] = [
  [undefined, 0, LENGTH],
  ['-9000000', LENGTH - 9_000_000, LENGTH],
  ['12000000-', 12_000_000, LENGTH],
  [`${LENGTH - 5}-${LENGTH + 100}`, LENGTH - 5, LENGTH],
];

describe.each(['uring', 'node'])('lsio get of a block device, engine %s', (engine) => {
  const why = skip ?? (engine === 'uring' ? noUring : undefined);
  describe.skipIf(why !== undefined).each(['on', 'off'])(named('direct %s', why), (direct) => {
    test.each(CASES)('range %s is what dd reads', (range, begin, end) => {
      const ranges = range === undefined ? [] : [`--range=${range}`];
      const { status, stdout, stderr } = get(['--engine', engine, '--direct', direct, ...ranges]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.equals(bytes.subarray(begin, end))).toBe(true);
    });

    test('says whether it was read directly', () => {
      const { stdout } = get(['--engine', engine, '--direct', direct, '--discard', '--json']);
      expect(stdout.toString()).toContain(`"direct":"${direct}"`);
    });

    test('a range past the end says how long it is', () => {
      const { status, stderr } = get(['--engine', engine, '--direct', direct, '-R', `${LENGTH + 1}-${LENGTH + 9}`]);
      expect(status).toBe(1);
      expect(stderr).toContain(`at or past the end (${LENGTH} bytes)`);
    });
  });
});

test.skipIf(skip !== undefined)(named('--tar: a device is a file of its length in the archive', skip), () => {
  const { status, stdout, stderr } = get(['--tar']);
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  writeFileSync(path.join(directory, 'out.tar'), stdout);
  execFileSync('tar', ['-xf', 'out.tar'], { cwd: directory });
  const member = path.join(directory, device);
  expect(statSync(member).isFile()).toBe(true);
  expect(readFileSync(member).equals(bytes)).toBe(true);
});

test.skipIf(skip !== undefined)(named('-r leaves devices out, also behind links, and says so', skip), () => {
  const tree = path.join(directory, 'tree');
  mkdirSync(tree);
  execFileSync('cp', ['-a', device, path.join(tree, 'device')]);
  symlinkSync(device, path.join(tree, 'link'));
  writeFileSync(path.join(tree, 'file'), 'file');
  for (const order of ['device', 'given']) {
    const output = path.join(directory, `of-${order}`);
    const args = ['get', '-q', '-r', 'tree', '--read-order', order, '-o', output];
    const { status, stderr } = runLsio(args, { cwd: directory });
    expect(status).toBe(1);
    expect(stderr.split('\n').sort()).toEqual([
      '',
      'lsio: tree/device: a block device, left out: give its own path to read it',
      'lsio: tree/link: a block device, left out: give its own path to read it',
    ]);
    expect(readdirSync(path.join(output, 'tree'))).toEqual(['file']);
  }
});

describe.skipIf(skip !== undefined)(named('lsio cache of a block device', skip), () => {
  // The kernel forgets a device's pages when the last one closes it.
  let fd = -1;
  beforeAll(() => {
    fd = openSync(device, 'r');
  });
  afterAll(() => closeSync(fd));
  const launcher = blockSyscallsLauncher();
  const cachestat = '451';
  const ways = [
    { way: 'cachestat', why: undefined, under: [] },
    { way: 'mincore', why: launcher.skip, under: [launcher.path ?? '', 'ENOSYS', cachestat, '--'] },
  ].map((each) => ({ ...each, name: named(`tells by ${each.way} what was read, and drops it`, each.why) }));

  // The page cache belongs to everybody: another program may drop a page between two steps.
  test.for(ways)('$name', { retry: 10 }, ({ why, under }, context) => {
    context.skip(why !== undefined, why);
    const cache = (action: string) => documentOf(runLsio(['cache', action, '--json', device], { under }));
    get(['--direct', 'off', '--discard']);
    const held = { path: device, sizeBytes: LENGTH, residentBytes: LENGTH };
    expect(cache('status').items).toEqual([held]);
    expect(cache('evict').items).toEqual([{ ...held, residentBytes: 0, residentBytesBefore: LENGTH }]);
    expect(cache('status').items).toEqual([{ ...held, residentBytes: 0 }]);
  });
});
