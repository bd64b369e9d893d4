import { spawn } from 'node:child_process';
import { errnoText, LsioError } from '../errors.js';

const EVENTS = [
  'task-clock',
  'cycles',
  'instructions',
  'cache-misses',
  'branch-misses',
  'page-faults',
  'context-switches',
];
/** perf says nothing when it has begun to count. */
const ATTACH_MS = 200;

/**
 * Counts, by `perf stat`, what processes do while the work is done: by perf's own names, task-clock in milliseconds. What
 * this machine doesn't count is left out.
 *
 * @throws {LsioError} `unavailable` when perf is missing, not allowed, or counts nothing here.
 */
export async function perfStat(pids: readonly number[], work: () => Promise<unknown>): Promise<Record<string, number>> {
  const perf = spawn('perf', ['stat', '-x', ';', '-e', EVENTS.join(','), '-p', pids.join(',')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  let said = '';
  perf.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    perf.once('error', resolve);
    perf.once('close', () => resolve(undefined));
  });
  const attached = new Promise((resolve) => setTimeout(resolve, ATTACH_MS));
  const failed = await Promise.race([ended.then((error) => error ?? new Error(firstLine(said))), attached]);
  if (failed instanceof Error) throw unavailable(failed);
  try {
    await work();
  } finally {
    perf.kill('SIGINT');
    await ended;
  }
  const counts = parsePerfStat(said);
  if (Object.keys(counts).length === 0) throw unavailable(new Error(firstLine(said)));
  return counts;
}

/** The counts in the output of `perf stat -x ';'`: value;unit;event;… */
export function parsePerfStat(output: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of output.split('\n')) {
    const [value = '', , event = ''] = line.split(';');
    if (event !== '' && value !== '' && Number.isFinite(Number(value)))
      counts[event.replace(/:u$/, '')] = Number(value);
  }
  return counts;
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] || 'perf counts nothing here';
}

function unavailable(cause: NodeJS.ErrnoException): LsioError {
  const reason = cause.errno === undefined ? cause.message : `perf: ${errnoText(-cause.errno)[1]}`;
  return new LsioError('unavailable', reason, { cause });
}
