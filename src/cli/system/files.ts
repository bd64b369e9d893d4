import { type Command, Option } from 'commander';
import { isLsioError } from '../../errors.js';
import { layOutWithFio } from '../../fio/lay-out.js';
import { findFio } from '../../fio/run.js';
import type { FilesChecked, FilesCreated, FilesDocument, FilesRemoved } from '../../results/files.js';
import { formatBytes, formatCount, parseBytes, parseCount } from '../../units.js';
import { checkDataSet, createDataSet, type DataSetTask, removeDataSet } from '../../workload/data-set.js';
import { COUNT_MAX, DEFAULT_DIR, DEFAULT_SHAPE } from '../../workload/manifest.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { named } from '../app/options.js';
import { PROGRESS_MODES, type ProgressMode, startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';

const EXAMPLES = `
Examples:
  lsio files create       1,000 files of 256 KiB and one of 1 GiB in /tmp/fio
  lsio files create --dir /mnt/a --count 20000 --size 4Ki --big-size 0
  lsio files check                                 is every byte as it was made?
  lsio files rm`;

type FilesResult = FilesCreated | FilesChecked | FilesRemoved;

interface Options {
  readonly dir: string;
  readonly json?: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressMode;
}

interface CreateOptions extends Options {
  readonly count?: number;
  readonly size?: number;
  readonly bigSize?: number;
  readonly with?: 'fio' | 'lsio';
}

export function define(command: Command, context: Context): void {
  command.addHelpText('after', EXAMPLES);
  addOptions(command.command('create').description('make them, or what is missing of them'))
    .option('--count <n>', `small files (default: ${formatCount(DEFAULT_SHAPE.count)})`, parseFileCount)
    .option(
      '--size <bytes>',
      `of a small file (default: ${formatBytes(DEFAULT_SHAPE.sizeBytes)})`,
      named('--size', parseBytes),
    )
    .option(
      '--big-size <bytes>',
      `of the big file, 0 for none (default: ${formatBytes(DEFAULT_SHAPE.bigSizeBytes)})`,
      named('--big-size', parseBytes),
    )
    .addOption(
      new Option('--with <who>', 'who lays them out (default: fio where it is there)').choices(['fio', 'lsio']),
    )
    .action((options: CreateOptions) => create(options, context));
  addOptions(command.command('check').description('read them and compare every byte')).action((options: Options) =>
    check(options, context),
  );
  addOptions(command.command('rm').description('remove them, and nothing else')).action((options: Options) =>
    remove(options, context),
  );
}

function addOptions(command: Command): Command {
  return command
    .option('--dir <dir>', 'where they are', DEFAULT_DIR)
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'no progress', false)
    .addOption(
      new Option('--progress <when>', 'a progress bar on stderr').choices([...PROGRESS_MODES]).default('auto'),
    );
}

async function create(options: CreateOptions, context: Context): Promise<void> {
  const { count, size, bigSize } = options;
  const shape = {
    ...(count === undefined ? {} : { count }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(bigSize === undefined ? {} : { bigSizeBytes: bigSize }),
  };
  const layOut = await layOutFor(options);
  const { made, kept, bytes, manifest } = await withProgress(options, context, (task) =>
    createDataSet({ ...task, ...shape, layOut }),
  );
  report(
    options,
    { dir: options.dir, action: 'create', made, kept, bytes, laidOutBy: manifest?.laidOutBy ?? null },
    () => {
      const all = `${formatCount(made + kept)} files, ${formatBytes(bytes)}`;
      if (manifest === undefined) return `${options.dir}: ${all}, not made by lsio: left as they are`;
      return `${options.dir}: ${all}, laid out by ${manifest.laidOutBy}; ${formatCount(made)} made, ${formatCount(kept)} kept`;
    },
  );
}

/** By default fio lays the files out, where it is installed. */
async function layOutFor(options: CreateOptions): Promise<typeof layOutWithFio | undefined> {
  if (options.with === 'lsio') return undefined;
  try {
    await findFio();
  } catch (error) {
    if (options.with === 'fio' || !isLsioError(error, 'unavailable')) throw error;
    return undefined;
  }
  return layOutWithFio;
}

async function check(options: Options, context: Context): Promise<void> {
  const { files, bytes, damage } = await withProgress(options, context, checkDataSet);
  report(options, { dir: options.dir, action: 'check', files, bytes, damage }, () => {
    const all = `${options.dir}: ${formatCount(files)} files, ${formatBytes(bytes)}`;
    return damage.length === 0 ? `${all}: every byte is as it was made` : `${all}: ${damage.length} are damaged`;
  });
  if (damage.length === 0) return;
  for (const { path, reason } of damage) say(`lsio: ${path}: ${reason}`);
  process.exitCode = EXIT.someFailed;
}

async function remove(options: Options, context: Context): Promise<void> {
  const { removed, bytes, left } = await withProgress(options, context, removeDataSet);
  report(options, { dir: options.dir, action: 'rm', removed, bytes, left }, () => {
    return `${options.dir}: ${formatCount(removed)} files, ${formatBytes(bytes)} removed`;
  });
  for (const path of left) say(`lsio: ${path}: was left, since lsio did not make it`);
}

async function withProgress<Result>(
  options: Options,
  context: Context,
  run: (task: DataSetTask) => Promise<Result>,
): Promise<Result> {
  let bytes = 0;
  let total = 0;
  const { stop } = startProgress({ mode: options.progress, quiet: options.quiet }, () => ({
    items: Math.floor(bytes / 2 ** 20),
    itemsTotal: Math.ceil(total / 2 ** 20),
    unit: 'MiB',
    bytes,
  }));
  try {
    return await run({
      dir: options.dir,
      signal: context.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        bytes = doneBytes;
        total = totalBytes;
      },
    });
  } finally {
    stop();
  }
}

function report(options: Options, result: FilesResult, text: () => string): void {
  const document: FilesDocument = { schema: 'lsio.files/1', ...result };
  print(options.json ? `${JSON.stringify(document)}\n` : `${text()}\n`);
}

function parseFileCount(text: string): number {
  return parseCount(text, { name: '--count', min: 0, max: COUNT_MAX });
}
