import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';
import { Slurm, whyNoSlurm } from './helpers/slurm.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-cluster-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const LSIO = `${process.execPath} ${path.resolve(import.meta.dirname, '../bin/lsio.js')}`;
const SHARDS = 4;
const [TIMES, SIDE] = [64, 256];

/** 64 chunks of 256 KiB: sixteen segments. */
beforeAll(() => {
  mkdirSync(path.join(scratch, 'a.zarr/c'), { recursive: true });
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [TIMES, SIDE, SIDE],
    data_type: 'float32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [1, SIDE, SIDE] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 0,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    dimension_names: ['time', 'y', 'x'],
  };
  writeFileSync(path.join(scratch, 'a.zarr/zarr.json'), JSON.stringify(metadata));
  for (let time = 0; time < TIMES; time++) {
    const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => 270 + ((i * 31 + time * 17) % 251) / 7);
    mkdirSync(path.join(scratch, `a.zarr/c/${time}/0`), { recursive: true });
    writeFileSync(path.join(scratch, `a.zarr/c/${time}/0/0`), values);
  }
});

function results(...args: string[]): string {
  return JSON.stringify(documentOf(runLsio([...args, '--json'], { cwd: scratch })).results);
}

const whole = () => results('stats', 'a.zarr');
const shard = (directory: string) =>
  `${LSIO} stats ${scratch}/a.zarr --shard env/${SHARDS} --partial ${scratch}/${directory}`;

const hasParallel = spawnSync('parallel', ['--version']).stdout?.toString().startsWith('GNU') === true;

test.skipIf(!hasParallel)(
  `GNU parallel: its parts give the bytes of one run${hasParallel ? '' : ' (skipped: apt-get install parallel)'}`,
  () => {
    const script = `seq ${SHARDS} | parallel -n0 -j 2 '${shard('parallel')} -q'`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: scratch });
    expect(stderr.replace(/^Academic tradition[\s\S]*$/m, '')).not.toMatch(/lsio:/);
    expect(status).toBe(0);
    expect(readdirSync(path.join(scratch, 'parallel')).length).toBe(SHARDS);
    expect(results('merge', 'parallel')).toBe(whole());
  },
);

const whyNot = whyNoSlurm();

describe.skipIf(whyNot !== undefined)(`Slurm, two nodes${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  const slurm = new Slurm(path.join(scratch, 'slurm'));
  beforeAll(() => slurm.start(), 60_000);
  afterAll(() => slurm.stop());

  test('an array job, one of whose tasks is killed, is mended by submitting that one again', async () => {
    const job = `#!/bin/sh\n${shard('parts')}\n`;
    // The task is killed before it can write its part.
    const killed = `#!/bin/sh\nif [ "$SLURM_ARRAY_TASK_ID" = 2 ]; then kill -KILL $$; fi\n${shard('parts')}\n`;
    await slurm.submit(killed, [`--array=0-${SHARDS - 1}`]);
    const merge = runLsio(['merge', 'parts'], { cwd: scratch });
    expect(merge.stderr).toMatch(/segments \[8, 12\) of 16 are missing: shards 2\/4/);
    expect(merge.status).toBe(1);
    await slurm.submit(job, ['--array=2']);
    expect(results('merge', 'parts')).toBe(whole());
    // All of it again: everything is there already.
    const before = readdirSync(path.join(scratch, 'parts'));
    await slurm.submit(job, [`--array=0-${SHARDS - 1}`]);
    expect(readdirSync(path.join(scratch, 'parts'))).toEqual(before);
    expect(results('merge', 'parts')).toBe(whole());
  }, 120_000);
});
