import { type FioJobOptions, fioJob } from '../fio/job.js';
import { runFio } from '../fio/run.js';
import type { Workload } from '../workload/workload.js';
import type { Contender, Sample } from './contender.js';

/** fio, doing the work of a workload. */
export class FioContender implements Contender {
  readonly name = 'fio';
  /** Known after the first run. */
  commandLine = '';
  version = '';
  readonly #work: Workload;
  readonly #options: FioJobOptions;
  readonly #signal: AbortSignal | undefined;

  constructor(work: Workload, options: FioJobOptions, signal: AbortSignal | undefined) {
    this.#work = work;
    this.#options = options;
    this.#signal = signal;
  }

  async run(passes: number): Promise<Sample> {
    const job = fioJob(this.#work, { ...this.#options, passes });
    const result = await runFio(job, { signal: this.#signal });
    this.commandLine = result.commandLine;
    this.version = result.version;
    return result;
  }

  async close(): Promise<void> {}
}
