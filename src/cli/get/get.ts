import type { Command } from 'commander';
import type { CountingEngine } from '../../engine/counting.js';
import type { Path } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { byteTextOf } from '../../paths/byte-text.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import { isRemoteUrl } from '../../store/locator.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { announceEngine, startRun } from '../app/options.js';
import { type Progress, startProgress } from '../app/progress.js';
import { say } from '../app/talk.js';
import { type GetConfig, resolve } from './config.js';
import { begun, cannotWait } from './early.js';
import { addFlags, type GetFlags } from './flags.js';
import { EXAMPLES, NOTES } from './help.js';
import { inputsOf } from './inputs.js';
import { openSink } from './sinks.js';
import { Sources } from './sources.js';
import { stoppedText } from './summary.js';
import { Transfer } from './transfer.js';

export function define(command: Command, context: Context): void {
  addFlags(command)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', NOTES)
    .action(async (paths: string[], flags: GetFlags) => {
      const config = resolve(paths, flags);
      if (!config.dryRun) return get(config, context);
      const { dryRun } = await import('./dry-run.js');
      return dryRun(config, context);
    });
}

async function get(config: GetConfig, context: Context): Promise<void> {
  const { run, read, output, inputs: asked } = config;
  const log = startRun(run, context);
  const sink = await openSink(output, context);
  const transfer = new Transfer(sink, config, context);
  const sources = new Sources({
    remote: config.remote,
    openEngine: () => openEngine(run),
    onEngine: (info) => announceEngine(info, run, log),
  });
  const listing = { signal: context.signal, open: (address: string) => sources.remote(address) };
  let progress: Progress | undefined;
  let total: number | undefined;
  try {
    const needs = { ...asked, place: sink.place };
    const inputsAsked = await inputsOf(needs, listing, (...refused) => transfer.refuse(...refused));
    const found = cannotWait(asked) ? begun(inputsAsked) : inputsAsked;
    // Before the sink starts a thread.
    if (asked.paths.some((path) => path !== '-' && !isRemoteUrl(path))) await sources.local();
    const inputs = (await sink.prepare?.(found)) ?? found;
    if ('length' in inputs) {
      transfer.skipped = inputs.skipped;
      total = inputs.length;
    }
    progress = startProgress(run, () => ({
      items: transfer.items + transfer.failed,
      bytes: transfer.bytes,
      itemsTotal: total,
    }));
    await transfer.run(sources, inputs, { ...read, readOrder: await readOrderOf(config) });
  } catch (error) {
    progress?.stop();
    if (context.signal.aborted && !run.quiet) {
      say(`${transfer.stop(sources)}, stopped`);
      if (output.to === 'directory' && total !== undefined) say(stoppedText(transfer.items, total));
    }
    throw error;
  } finally {
    progress?.stop();
    sink.clear();
    await sources.close();
  }
  const { direct, buffered } = sources.counts;
  log.info('direct', { asked: read.direct, direct, buffered });
  log.debug('read', sources.counts);
  for (const { info } of sources.remotes.values()) log.info('remote', info);
  if (transfer.failed > 0) process.exitCode = EXIT.someFailed;
  if (run.quiet) return;
  const { engine } = sources;
  if (read.direct === 'on' && engine?.bufferedPath !== undefined) sayBuffered(engine, engine.bufferedPath);
  say(transfer.summary(sources));
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
