import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLsioError, LsioError } from '../errors.js';
import { BIG_NAME, type DataSetShape } from '../workload/manifest.js';
import { findFio } from './run.js';
import { spawnFio } from './spawn.js';

const BLOCK_BYTES_MAX = 1024 * 1024;
const JOB_NAME = 'lay-out.fio';

/**
 * The job by which fio lays a data set out.
 *
 * fio writes whole blocks only. What it leaves of sizes that aren't a multiple of its block is added when lsio puts the
 * content in.
 */
export function layOutText({ count, sizeBytes, bigSizeBytes }: DataSetShape, directory: string): string {
  const lines = ['[global]', `directory=${directory}`, 'ioengine=psync', 'rw=write', 'refill_buffers=1', 'end_fsync=1'];
  if (count > 0 && sizeBytes > 0) {
    lines.push('', '[small]', 'filename_format=f$filenum', `nrfiles=${count}`, `filesize=${sizeBytes}`);
    lines.push(`bs=${Math.min(sizeBytes, BLOCK_BYTES_MAX)}`, 'file_service_type=sequential', 'openfiles=100');
  }
  if (bigSizeBytes > 0) {
    // After the small files, so that the two don't mix on the device.
    lines.push('', `[${BIG_NAME}]`, 'stonewall', `filename=${BIG_NAME}`, `filesize=${bigSizeBytes}`);
    lines.push(`bs=${Math.min(bigSizeBytes, BLOCK_BYTES_MAX)}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Lays a data set out by fio, in an empty directory.
 *
 * @throws {LsioError} `unavailable` when fio is missing or fails; `output` when the device is full.
 */
export async function layOutWithFio(dir: string, shape: DataSetShape, signal?: AbortSignal): Promise<void> {
  await findFio(signal);
  if (shape.count * shape.sizeBytes === 0 && shape.bigSizeBytes === 0) return;
  const output = join(dir, `${JOB_NAME}.out`);
  await writeFile(join(dir, JOB_NAME), layOutText(shape, '.'));
  try {
    await spawnFio([`--output=${JOB_NAME}.out`, JOB_NAME], { cwd: dir, signal, output });
  } catch (error) {
    if (!isLsioError(error, 'unavailable') || error.code !== 'ENOSPC') throw error;
    const remedy = 'free some space, or make less: --count, --size, --big-size';
    throw new LsioError('output', `${dir}: no space left on device (ENOSPC)`, {
      path: dir,
      code: 'ENOSPC',
      remedy,
      cause: error,
    });
  }
}
