import { type Command, Option } from 'commander';
import { isLsioError } from '../../errors.js';
import { layOutWithFio } from '../../fio/lay-out.js';
import { findFio } from '../../fio/run.js';
import type { FilesChecked, FilesCreated, FilesDocument, FilesRemoved } from '../../results/files.js';
import { formatBytes, formatCount, parseBytes, parseCount } from '../../units.js';
import { checkDataSet, createDataSet, type DataSetTask, removeDataSet } from '../../workload/data-set.js';
import { COUNT_MAX, type DataSetShape, DEFAULT_DIR, DEFAULT_SHAPE } from '../../workload/manifest.js';
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

interface Flags {
  readonly dir: string;
  readonly json?: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressMode;
}

interface CreateFlags extends Flags {
  readonly count?: number;
  readonly size?: number;
  readonly bigSize?: number;
  readonly with?: 'fio' | 'lsio';
}

/** Where the files are, and what is told of them: resolved once for every action. */
interface FilesConfig {
  readonly dir: string;
  readonly json: boolean;
  readonly run: Pick<Flags, 'quiet' | 'progress'>;
}

/** What create is to make. */
interface CreateConfig extends FilesConfig {
  readonly shape: Partial<DataSetShape>;
  readonly layOutBy: CreateFlags['with'];
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
    .action((flags: CreateFlags) => create(createConfigOf(flags), context));
  addOptions(command.command('check').description('read them and compare every byte')).action((flags: Flags) =>
    check(configOf(flags), context),
  );
  addOptions(command.command('rm').description('remove them, and nothing else')).action((flags: Flags) =>
    remove(configOf(flags), context),
  );
}

function configOf({ dir, json = false, quiet, progress }: Flags): FilesConfig {
  return { dir, json, run: { quiet, progress } };
}

function createConfigOf(flags: CreateFlags): CreateConfig {
  const { count, size, bigSize, with: layOutBy } = flags;
  const shape = {
    ...(count !== undefined && { count }),
    ...(size !== undefined && { sizeBytes: size }),
    ...(bigSize !== undefined && { bigSizeBytes: bigSize }),
  };
  return { ...configOf(flags), shape, layOutBy };
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

async function create(config: CreateConfig, context: Context): Promise<void> {
  const { dir, shape } = config;
  const layOut = await layOutFor(config.layOutBy);
  const { made, kept, bytes, manifest } = await withProgress(config, context, (task) =>
    createDataSet({ ...task, ...shape, layOut }),
  );
  report(config, { dir, action: 'create', made, kept, bytes, laidOutBy: manifest?.laidOutBy ?? null }, () => {
    const all = `${formatCount(made + kept)} files, ${formatBytes(bytes)}`;
    if (manifest === undefined) return `${dir}: ${all}, not made by lsio: left as they are`;
    return `${dir}: ${all}, laid out by ${manifest.laidOutBy}; ${formatCount(made)} made, ${formatCount(kept)} kept`;
  });
}

/** By default fio lays the files out, where it is installed. */
async function layOutFor(who: CreateConfig['layOutBy']): Promise<typeof layOutWithFio | undefined> {
  if (who === 'lsio') return undefined;
  try {
    await findFio();
  } catch (error) {
    if (who === 'fio' || !isLsioError(error, 'unavailable')) throw error;
    return undefined;
  }
  return layOutWithFio;
}

async function check(config: FilesConfig, context: Context): Promise<void> {
  const { files, bytes, damage } = await withProgress(config, context, checkDataSet);
  report(config, { dir: config.dir, action: 'check', files, bytes, damage }, () => {
    const all = `${config.dir}: ${formatCount(files)} files, ${formatBytes(bytes)}`;
    return damage.length === 0 ? `${all}: every byte is as it was made` : `${all}: ${damage.length} are damaged`;
  });
  if (damage.length === 0) return;
  for (const { path, reason } of damage) say(`lsio: ${path}: ${reason}`);
  process.exitCode = EXIT.someFailed;
}

async function remove(config: FilesConfig, context: Context): Promise<void> {
  const { removed, bytes, left } = await withProgress(config, context, removeDataSet);
  report(config, { dir: config.dir, action: 'rm', removed, bytes, left }, () => {
    return `${config.dir}: ${formatCount(removed)} files, ${formatBytes(bytes)} removed`;
  });
  for (const path of left) say(`lsio: ${path}: was left, since lsio did not make it`);
}

async function withProgress<Result>(
  { dir, run }: FilesConfig,
  context: Context,
  work: (task: DataSetTask) => Promise<Result>,
): Promise<Result> {
  let bytes = 0;
  let total = 0;
  const { stop } = startProgress(run, () => ({
    items: Math.floor(bytes / 2 ** 20),
    itemsTotal: Math.ceil(total / 2 ** 20),
    unit: 'MiB',
    bytes,
  }));
  try {
    return await work({
      dir,
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

function report({ json }: FilesConfig, result: FilesResult, text: () => string): void {
  const document: FilesDocument = { schema: 'lsio.files/1', ...result };
  print(json ? `${JSON.stringify(document)}\n` : `${text()}\n`);
}

function parseFileCount(text: string): number {
  return parseCount(text, { name: '--count', min: 0, max: COUNT_MAX });
}
