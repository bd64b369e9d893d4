/* LocalStore.getRange with a promise a read, as one side of a comparison. */
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { LocalStore } from '../../dist/index.js';

/**
 * @typedef {import('../../src/bench/runner.js').Runner} Runner
 * @typedef {import('../../src/bench/runner.js').Sample} Sample
 * @typedef {import('../../src/workload/workload.js').Workload} Workload
 * @typedef {'owned' | 'suffix'} PointMode Ranges at their offsets, or the last bytes of files of that length; into fresh memory.
 */

/** @implements {Runner} */
export class PointRunner {
  name;
  commandLine = 'LocalStore.getRange';
  #store;
  #work;
  #mode;
  #queueDepth;

  /** @param {string} name @param {PointMode} mode @param {{ work: Workload, queueDepth: number }} given */
  static async open(name, mode, { work, queueDepth }) {
    const store = await LocalStore.open('/', { engine: 'uring', queueDepth });
    return new PointRunner(name, mode, { work, queueDepth, store });
  }

  /** @param {string} name @param {PointMode} mode @param {{ work: Workload, queueDepth: number, store: LocalStore }} given */
  constructor(name, mode, { work, queueDepth, store }) {
    this.name = name;
    this.#store = store;
    this.#work = work;
    this.#mode = mode;
    this.#queueDepth = queueDepth;
  }

  /** @param {number} passes @returns {Promise<Sample>} */
  async run(passes) {
    const { operations, bytes } = this.#work;
    const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
    let next = 0;
    let got = 0;
    const lane = async () => {
      while (next < operations * passes) {
        const range = await this.#read(next++ % operations);
        got += range?.length ?? 0;
      }
    };
    await Promise.all(Array.from({ length: this.#queueDepth }, lane));
    const { user, system } = process.cpuUsage(cpu);
    if (got !== bytes * passes) throw new Error(`${this.name}: read ${got} bytes, not ${bytes * passes}`);
    const wallNs = (performance.now() - beganMs) * 1e6;
    return { wallNs, cpuUserNs: user * 1e3, cpuSystemNs: system * 1e3, operations: operations * passes, bytes: got };
  }

  /** Compares a hundred reads with what Node's own calls read. */
  async verify() {
    const { files, fileOf, offsets, lengths, operations } = this.#work;
    for (let operation = 0; operation < operations; operation += Math.ceil(operations / 100)) {
      const expected = Buffer.alloc(lengths[operation] ?? 0);
      const fd = openSync(files[fileOf[operation] ?? 0]?.path ?? '', 'r');
      readSync(fd, expected, 0, expected.length, offsets[operation] ?? 0);
      closeSync(fd);
      const got = await this.#read(operation);
      if (got === undefined || !expected.equals(got)) throw new Error(`${this.name}: other bytes`);
    }
  }

  /** @param {number} operation */
  #read(operation) {
    const { files, fileOf, offsets, lengths } = this.#work;
    const key = /** @type {`/${string}`} */ (resolve(files[fileOf[operation] ?? 0]?.path ?? ''));
    const length = lengths[operation] ?? 0;
    const range = this.#mode === 'suffix' ? { suffixLength: length } : { offset: offsets[operation] ?? 0, length };
    return this.#store.getRange(key, range);
  }

  close() {
    return this.#store.close();
  }
}
