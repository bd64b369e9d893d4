import { LsioError } from '../errors.js';
import type { TaskRange } from './workers/claims.js';

/** Which part of the work a process does: part `index`, from 0, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How engines of many machines tell a task its number, in the order in which they are looked for. */
const INDEX_VARIABLES = [
  ['SLURM_ARRAY_TASK_ID', 0],
  ['JOB_COMPLETION_INDEX', 0],
  ['AWS_BATCH_JOB_ARRAY_INDEX', 0],
  ['PBS_ARRAY_INDEX', 0],
  // GNU parallel counts from 1.
  ['PARALLEL_SEQ', 1],
] as const;

const FORMS = 'write --shard K/N with K from 0 to N - 1, or --shard env/N';
const SHARDS_MAX = 1e6;

/**
 * Reads `K/N`, or `env/N`: K from the first variable of a job engine that is set.
 *
 * @throws {LsioError} `usage`
 */
export function parseShard(text: string, environment: Readonly<Record<string, string | undefined>>): Shard {
  const [, first, total] = /^(\d{1,7}|env)\/(\d{1,7})$/.exec(text) ?? [];
  if (first === undefined) throw new LsioError('usage', `--shard ${text}: not understood`, { remedy: FORMS });
  const count = Number(total);
  const index = first === 'env' ? indexFrom(text, environment) : Number(first);
  if (count < 1 || count > SHARDS_MAX || index >= count) {
    throw new LsioError('usage', `--shard ${text}: there is no part ${index} of ${count}`, { remedy: FORMS });
  }
  return { index, count };
}

function indexFrom(text: string, environment: Readonly<Record<string, string | undefined>>): number {
  for (const [name, base] of INDEX_VARIABLES) {
    const value = environment[name];
    if (value === undefined || value === '') continue;
    const index = Number(value) - base;
    if (/^\d+$/.test(value) && index >= 0) return index;
    throw new LsioError('usage', `--shard ${text}: ${name} is ${JSON.stringify(value)}, not a task's number`);
  }
  const names = INDEX_VARIABLES.map(([name]) => name).join(', ');
  throw new LsioError('usage', `--shard ${text}: none of ${names} is set`, {
    remedy: 'write the number: --shard 3/16',
  });
}

/** The leaves of a shard: neighbours, so that its trees are as whole as can be. Empty where there are too few. */
export function leavesOfShard({ index, count }: Shard, leaves: number): TaskRange {
  const at = (k: number): number => Number((BigInt(k) * BigInt(leaves)) / BigInt(count));
  return { from: at(index), to: at(index + 1) };
}
