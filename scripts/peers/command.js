/* Whole processes as sides of a comparison: what a shell runs, from before its first process to after its last. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LsioError } from '../../dist/errors.js';

/**
 * @typedef {import('../../src/bench/runner.js').Runner} Runner
 * @typedef {import('../../src/bench/runner.js').Sample} Sample
 * @typedef {import('./table.js').CommandSide} CommandSide
 */

const LSIO = fileURLToPath(new URL('../../bin/lsio.js', import.meta.url));
const PEERS = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');

/** @implements {Runner} */
export class CommandRunner {
  name;
  /** What runs it again by hand; DST is a fresh directory. */
  commandLine;
  /** In one run: each pass of a command that writes leaves as much to be written back before the next. */
  passesMax;
  #side;
  #dir;
  #work;
  #signal;
  /** Holds what is written, on the file system that is read; removed at the end, not just before a run. */
  #scratch;

  /**
   * @param {string} name @param {CommandSide} side
   * @param {{ dir: string, work: import('../../src/workload/workload.js').Workload, signal: AbortSignal }} given
   */
  constructor(name, side, { dir, work, signal }) {
    this.name = name;
    this.#side = side;
    this.#dir = path.resolve(dir);
    this.#work = work;
    this.#signal = signal;
    // As it is to be repeated on another machine.
    this.commandLine = side.command
      .replaceAll(/\bLSIO\b/g, 'lsio')
      .replaceAll(/\bPEERS\b/g, 'scripts/peers')
      .replaceAll(/\bDIR\b/g, quote(dir));
    this.passesMax = side.command.includes('DST') ? 1 : Infinity;
    this.#scratch = side.command.includes('DST') ? mkdtempSync(`${this.#dir}-peers-`) : undefined;
  }

  /** The bytes that the command gets, by another run that isn't timed. */
  async count() {
    const { stdout } = await this.#bash(this.#side.count, this.#target());
    const bytes = Number.parseInt(stdout, 10);
    if (Number.isSafeInteger(bytes)) return bytes;
    throw new LsioError('unavailable', `${this.#side.count}: printed no number but ${JSON.stringify(stdout)}`);
  }

  /** @param {number} passes @returns {Promise<Sample>} */
  async run(passes) {
    const sum = { wallNs: 0, cpuUserNs: 0, cpuSystemNs: 0 };
    for (let pass = 0; pass < passes; pass++) {
      const target = this.#target();
      // What the run before has written must not be written back during this one.
      if (target !== '') await this.#bash(`sync -f ${quote(this.#scratch ?? '')}`, '');
      const { stderr } = await this.#bash(`TIMEFORMAT='%3R %3U %3S'; time { ${this.#side.command}; }`, target);
      const [wallNs = 0, cpuUserNs = 0, cpuSystemNs = 0] = (stderr.trim().split('\n').at(-1) ?? '')
        .split(' ')
        .map((seconds) => Number(seconds) * 1e9);
      sum.wallNs += wallNs;
      sum.cpuUserNs += cpuUserNs;
      sum.cpuSystemNs += cpuSystemNs;
    }
    return { ...sum, operations: this.#work.operations * passes, bytes: this.#work.bytes * passes };
  }

  async close() {
    if (this.#scratch !== undefined) rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** A fresh directory for what is written, or nothing where nothing is. */
  #target() {
    return this.#scratch === undefined ? '' : mkdtempSync(path.join(this.#scratch, 'dst-'));
  }

  /** @param {string} template @param {string} target */
  #bash(template, target) {
    return bash(this.#expand(template, target), this.#signal);
  }

  /** @param {string} template @param {string} target */
  #expand(template, target) {
    return template
      .replaceAll(/\bLSIO\b/g, `${quote(process.execPath)} ${quote(LSIO)}`)
      .replaceAll(/\bPEERS\b/g, quote(PEERS))
      .replaceAll(/\bDIR\b/g, quote(this.#dir))
      .replaceAll(/\bDST\b/g, quote(target));
  }
}

/**
 * Says why a command can't be run here; undefined: it can.
 * @param {CommandSide} side @param {AbortSignal} signal
 */
export async function whyMissing({ needs }, signal) {
  if (needs === undefined) return undefined;
  try {
    await bash(needs, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
    return `${needs} failed`;
  }
}

/** @param {string} command @param {AbortSignal} signal @returns {Promise<{ stdout: string, stderr: string }>} */
function bash(command, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', `set -o pipefail\n${command}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Certificates that Node is told to load cost it 60 ms at its start: that says nothing of lsio.
      env: { ...process.env, LC_ALL: 'C', NODE_EXTRA_CA_CERTS: undefined },
      signal,
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new LsioError('unavailable', `${command}: exit ${code}: ${output.stderr.trim()}`));
    });
  });
}

/** @param {string} word */
function quote(word) {
  if (/^[\w./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
