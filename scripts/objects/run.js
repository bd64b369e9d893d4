/* Runs of the clients of bench-objects, each in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameOf, OBJECT_BYTES, OBJECT_COUNT } from './server.js';

/**
 * What one run of one client does: `requests` are pairs of an object and an offset.
 * @typedef {object} Job
 * @property {string} url
 * @property {number} length bytes of each range
 * @property {number} inFlight
 * @property {boolean} [auto] lsio finds out itself how many the server takes, up to `inFlight`
 * @property {number} warmUp requests before the clock
 * @property {number} every so many are compared
 * @property {[number, number][]} requests
 * @property {'auto' | 'off' | { gapBytesMax: number, readBytesMax: number }} [coalesce]
 */

/** @typedef {{ wallNs: number, cpuNs: number, bytes: number, wrong: number, info?: { requests: number, refusals: number } }} Run */

const CLIENT = fileURLToPath(new URL('client.js', import.meta.url));
const OBSTORE = fileURLToPath(new URL('obstore-client.py', import.meta.url));
const WRK_SCRIPT = `math.randomseed(7)
request = function()
  local offset = math.random(0, ${OBJECT_BYTES - 262_144})
  local headers = {["Range"] = "bytes=" .. offset .. "-" .. (offset + LENGTH - 1)}
  return wrk.format("GET", string.format("/o%03d", math.random(0, ${OBJECT_COUNT - 1})), headers)
end`;

/** Another Python may have obstore: `LSIO_OBSTORE_PYTHON=/venv/bin/python`. */
export const PYTHON = process.env.LSIO_OBSTORE_PYTHON ?? 'python3';

/** @param {string} kind @returns {string | undefined} why it can't be run */
export function missingClient(kind) {
  if (kind === 'curl' || kind === 'wrk') return existsSync(`/usr/bin/${kind}`) ? undefined : `${kind} is missing`;
  if (kind !== 'obstore') return undefined;
  return spawnSync(PYTHON, ['-c', 'import obstore']).status === 0
    ? undefined
    : 'obstore is missing (pip install obstore)';
}

/** @param {string} kind @param {Job} job @param {string} directory @param {readonly string[]} [prefix] @returns {Run} */
export function runClient(kind, job, directory, prefix = []) {
  const file = join(directory, 'job');
  if (kind === 'curl') return runCurl(job, file);
  if (kind === 'wrk') return runWrk(job, file);
  writeFileSync(file, JSON.stringify(job));
  const [command = '', ...args] = [
    ...prefix,
    ...(kind === 'obstore' ? [PYTHON, OBSTORE] : [process.execPath, CLIENT, kind]),
    file,
  ];
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${kind}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout);
}

/** @param {Job} job @param {string} file @returns {Run} */
function runCurl({ url, length, inFlight, requests }, file) {
  const lines = requests.map(
    ([object, offset]) =>
      `url = "${url}${nameOf(object)}"\nrange = ${offset}-${offset + length - 1}\noutput = "/dev/null"\n`,
  );
  writeFileSync(file, lines.join(''));
  const args = [
    'curl',
    '-s',
    '-Z',
    '--parallel-immediate',
    '--parallel-max',
    String(Math.min(300, inFlight)),
    '-K',
    file,
  ];
  return { ...timed(args), bytes: requests.length * length, wrong: 0 };
}

/** wrk asks for what it likes for two seconds: it gives rate and CPU time only. @param {Job} job @param {string} file @returns {Run} */
function runWrk({ url, length, inFlight, requests }, file) {
  writeFileSync(file, WRK_SCRIPT.replaceAll('LENGTH', String(length)));
  const { wallNs, cpuNs, stdout } = timed(['wrk', '-t1', `-c${inFlight}`, '-d2s', '-s', file, url]);
  const count = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const scale = requests.length / count;
  return { wallNs: wallNs * scale, cpuNs: cpuNs * scale, bytes: requests.length * length, wrong: 0 };
}

/** Wall and CPU time of a command, as bash tells them. @param {readonly string[]} args */
function timed(args) {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'time', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const [wall, user, system] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (status !== 0 || system === undefined) throw new Error(`${args[0]}: ${stderr.slice(-500)}`);
  return { wallNs: (wall ?? 0) * 1e9, cpuNs: ((user ?? 0) + system) * 1e9, stdout };
}
