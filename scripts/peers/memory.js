/* What a million requests take of memory, beyond what Node takes by itself. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LsioError } from '../../dist/errors.js';
import { judged } from './judge.js';
import { MEMORY } from './table.js';

const REQUESTS = 1_000_000;
const MIB = 2 ** 20;
/** The slab that reads land in, and what all the rest may take. */
const GOAL = { max: (64 + 60) * MIB };
/** As many as an interval takes to be no wider than what was seen. */
const RUNS_MAX = 6;
const LSIO = fileURLToPath(new URL('../../bin/lsio.js', import.meta.url));
const TELLS_PEAK = fileURLToPath(new URL('tell-peak.cjs', import.meta.url));

/**
 * @param {{ files: readonly { path: string }[], runs: number, signal: AbortSignal, onStep: (text: string) => void }} given
 * @returns {Promise<import('./judge.js').JudgedRow>}
 */
export async function measureMemory({ files, runs, signal, onStep }) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'lsio-peers-'));
  try {
    const list = path.join(scratch, 'list');
    const once = files.map((file) => `${file.path}\0`).join('');
    const times = Math.ceil(REQUESTS / files.length);
    for (let round = 0; round < times; round++) writeFileSync(list, once, { flag: 'a' });
    const get = [LSIO, 'get', '--files0-from', list, '--discard', '--progress', 'never', '--engine', 'uring'];
    const values = [];
    for (let run = 0; run < Math.min(runs, RUNS_MAX); run++) {
      onStep(`${MEMORY}, run ${run + 1}`);
      const own = await peakOf(['-e', '0'], signal);
      const { peakBytes, said } = await peakOf(get, signal);
      const wanted = `${times * files.length} items`;
      if (!said.includes(wanted)) throw new LsioError('unavailable', `lsio get: ${said.trim()}, not ${wanted}`);
      values.push(peakBytes - own.peakBytes);
    }
    const what = { id: MEMORY, cell: MEMORY, name: `peak RSS of ${REQUESTS / 1e6} M requests`, ours: 'lsio get' };
    return { ...what, rival: 'node -e 0', metric: 'memory', ...judged(values, GOAL) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The most memory that a Node process had resident, as the kernel says at its end.
 * @param {readonly string[]} args @param {AbortSignal} signal @returns {Promise<{ peakBytes: number, said: string }>}
 */
function peakOf(args, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', TELLS_PEAK, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      signal,
    });
    const heard = { 2: '', 3: '' };
    for (const fd of /** @type {const} */ ([2, 3])) child.stdio[fd]?.on('data', (text) => (heard[fd] += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const [, kib] = /VmHWM:\s*(\d+) kB/.exec(heard[3]) ?? [];
      if (code === 0 && kib !== undefined) resolve({ peakBytes: Number(kib) * 1024, said: heard[2] });
      else reject(new LsioError('unavailable', `node ${args.join(' ')}: exit ${code}: ${heard[2].trim()}`));
    });
  });
}
