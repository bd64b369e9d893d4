import { join } from 'node:path';
import { makeWorkload } from '../workload/cases.js';
import { BIG_NAME, DEFAULT_DIR, DEFAULT_SHAPE, dataFiles } from '../workload/manifest.js';
import { fioJob, matchedSettings } from './job.js';
import type { FioJobOptions } from './job-options.js';
import { layOutText } from './lay-out.js';

const OPTIONS = { queueDepth: 64, rings: 1, direct: true, baseline: 'classic' } as const satisfies FioJobOptions;
const BLOCK_BYTES = 4096;

/** The job files that the package ships, by name: for fio by hand, on the default data set. */
export function shippedJobs(): ReadonlyMap<string, string> {
  const dir = DEFAULT_DIR;
  const files = dataFiles(DEFAULT_SHAPE).map(({ name, sizeBytes }) => ({ path: join(dir, name), size: sizeBytes }));
  const classic = fioJob(makeWorkload('whole-files', files, { dir }), OPTIONS).text;
  const bigRandom = [
    ...['[global]', ...matchedSettings(BLOCK_BYTES, OPTIONS)],
    ...['', '[ring0]', `filename=${join(dir, BIG_NAME)}`, 'rw=randread'],
  ];
  return new Map([
    [
      'lay-out.fio',
      `# Makes the files that the other jobs read. \`lsio files create\` runs this job, too, and then puts content into the
# files that can be checked at any offset.
#   mkdir -p ${dir} && fio fio/lay-out.fio
${layOutText(DEFAULT_SHAPE, dir)}`,
    ],
    [
      'whole-files.fio',
      `# Reads every file whole, each by one read. fio opens and registers all files before its clock starts, and a kernel
# thread polls the submission queue. \`lsio compare-fio\` calls this the classic baseline.
#   fio --readonly fio/whole-files.fio
${classic}`,
    ],
    [
      'big-random.fio',
      `# Reads every 4 KiB block of the big file once, in random order, submitting and reaping in batches.
# \`lsio compare-fio\` gives fio a list instead: the very offsets that lsio reads, in the same order.
#   fio --readonly fio/big-random.fio
${bigRandom.join('\n')}
`,
    ],
  ]);
}
