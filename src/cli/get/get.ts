import type { Command } from 'commander';
import { CountingEngine } from '../../engine/counting.js';
import type { Path } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { LsioError } from '../../errors.js';
import { byteTextOf } from '../../paths/byte-text.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { announceEngine, applyReadingOptions } from '../app/options.js';
import { type Progress, startProgress } from '../app/progress.js';
import { say } from '../app/talk.js';
import { type GetConfig, resolve } from './config.js';
import { addFlags, type GetFlags } from './flags.js';
import { EXAMPLES, NOTES } from './help.js';
import { inputsOf } from './inputs.js';
import type { RemoteGet } from './remote.js';
import { openSink } from './sinks.js';
import { stoppedText } from './summary.js';
import { Transfer } from './transfer.js';

export function define(command: Command, context: Context): void {
  addFlags(command)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (paths: string[], flags: GetFlags) => {
      const config = resolve(paths, flags);
      if (!config.dryRun) return get(config, context);
      if (config.remote !== undefined) throw new LsioError('usage', '--dry-run plans reads of files, not of URLs');
      const { dryRun } = await import('./dry-run.js');
      return dryRun(config, context);
    });
}

async function get(config: GetConfig, context: Context): Promise<void> {
  const { run, read, output } = config;
  const log = applyReadingOptions(run, context);
  const sink = await openSink(output, context);
  const transfer = new Transfer(sink, config, context);
  const remote = config.remote && (await openRemoteOf(config, config.remote, context.signal));
  const found =
    remote?.inputs ??
    (await inputsOf({ ...config.inputs, place: sink.place }, (...refused) => transfer.refuse(...refused)));
  // Before the sink starts a thread: what fails from here on is cleaned up below.
  const engine = remote?.engine ?? new CountingEngine(await openEngine(run));
  let progress: Progress | undefined;
  let total: number | undefined;
  try {
    if (remote === undefined) announceEngine(engine.info, run, log);
    const inputs = (await sink.prepare?.(found)) ?? found;
    if ('length' in inputs) {
      transfer.skipped = inputs.skipped;
      total = inputs.length;
    }
    progress = startProgress({ mode: run.progress, quiet: run.quiet }, () => ({
      items: transfer.items + transfer.failed,
      bytes: transfer.bytes,
      itemsTotal: total,
    }));
    const readOrder = remote === undefined ? await readOrderOf(config) : undefined;
    await transfer.run(engine, inputs, { ...read, readOrder }, remote?.store);
  } catch (error) {
    progress?.stop();
    if (context.signal.aborted && !run.quiet) {
      say(`${transfer.stop(engine.info)}, stopped`);
      if (output.to === 'directory' && total !== undefined) say(stoppedText(transfer.items, total));
    }
    throw error;
  } finally {
    progress?.stop();
    sink.clear();
    await (remote?.store ?? engine).close();
  }
  const { direct, buffered } = engine.counts;
  log.info('direct', { asked: read.direct, direct, buffered });
  log.debug('read', engine.counts);
  if (transfer.failed > 0) process.exitCode = EXIT.someFailed;
  if (run.quiet) return;
  if (remote === undefined && read.direct === 'on' && engine.bufferedPath !== undefined)
    sayBuffered(engine, engine.bufferedPath);
  say(transfer.summary(engine.info));
}

/** What reads URLs is loaded where there are some only. */
async function openRemoteOf({ inputs }: GetConfig, options: RemoteOptions, signal: AbortSignal): Promise<RemoteGet> {
  const { openRemoteGet } = await import('./remote.js');
  return openRemoteGet(inputs, options, signal);
}

/** Warns when `--direct on` fell back to buffered reads. */
function sayBuffered({ counts: { direct, buffered } }: CountingEngine, path: Path): void {
  const first = typeof path === 'string' ? path : Buffer.from(path).toString();
  say(`lsio: ${buffered} of ${direct + buffered} reads went through the page cache: no O_DIRECT for ${first}`);
}

/** Directories are walked in device order already: their files need not be sorted again. */
async function readOrderOf({ read: { readOrder }, inputs }: GetConfig): Promise<ReadOrder | undefined> {
  const { paths, recursive, anyOrder, filesFrom, files0From, requests } = inputs;
  if (!anyOrder || !recursive || filesFrom.length + files0From.length + requests.length > 0) return readOrder;
  const { isDirectory } = await import('../../paths/walk.js');
  return paths.every((path) => isDirectory(byteTextOf(path))) ? 'given' : readOrder;
}
