import type { EngineInfo } from '../../engine/engine.js';
import { openEngine, openStatEngine } from '../../engine/open.js';
import { canReadDirectories } from '../../native/directory.js';
import { textOf } from '../../paths/byte-text.js';
import { ORDERED_WINDOW_MAX } from '../../read/window.js';
import { inkFor, renderTable } from '../../report/table.js';
import { type ReadOrder, WINDOW_MAX } from '../../store/local/device-order.js';
import { formatBytes, formatCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { announceEngine, startRun } from '../app/options.js';
import { print } from '../app/talk.js';
import type { GetConfig } from './config.js';
import { inputsOf } from './inputs.js';
import { costsOf, costText } from './plan-costs.js';
import { type PlannedFile, PlannedFiles } from './planned-files.js';
import type { Sink } from './sinks.js';
import { Sources } from './sources.js';
import { Transfer } from './transfer.js';

/** Lines for single files at most: the JSON document lists them all. */
const FILE_LINES_MAX = 40;

/**
 * Prints what a run would read: the run itself, over an engine that asks for sizes and reads nothing. The size of an object
 * that no listing tells takes a request for a byte of it.
 */
export async function dryRun(config: GetConfig, context: Context): Promise<void> {
  const { run, read, report } = config;
  const log = startRun(run, context);
  const files = new PlannedFiles(run.verbose ? FILE_LINES_MAX : 0);
  const sources = new Sources({
    remote: config.remote,
    openEngine: async () => openStatEngine(await engineInfo(config)),
    onEngine: (info) => announceEngine(info, run, log),
    onRead: (path, bytes) => files.read(path, bytes),
    planOnly: true,
  });
  const plan = {
    dryRun: true,
    // Known only when all inputs are.
    get order(): ReadOrder {
      return orderOf(files, config);
    },
    get costs() {
      const costs = costsOf(sources);
      return costs.length === 0 ? undefined : costs;
    },
  } as const;
  const transfer = new Transfer(sinkFor(files), config, context, plan);
  const listing = { signal: context.signal, open: (address: string) => sources.remote(address) };
  const needs = { ...config.inputs, anyOrder: false };
  const inputs = await inputsOf(needs, listing, (...refused) => transfer.refuse(...refused));
  try {
    // What is in the page cache now says nothing of a run later.
    const direct = read.direct === 'on' ? 'on' : 'off';
    await transfer.run(sources, files.note(inputs), { ...read, direct, readOrder: 'given' });
  } finally {
    await sources.close();
  }
  if (transfer.failed > 0) process.exitCode = EXIT.someFailed;
  if (!report.json) print(`${planText(config, files, transfer, sources)}\n`);
}

/** Of the engine that would read: it is not needed for longer. */
async function engineInfo({ run }: GetConfig): Promise<EngineInfo> {
  const engine = await openEngine(run);
  await engine.close();
  return engine.info;
}

function sinkFor(files: PlannedFiles): Sink {
  return {
    write({ request, bytes, last }) {
      files.took(request, bytes.length, last);
      return undefined;
    },
    drop: () => true,
    end: async () => {},
    clear() {},
  };
}

function planText(config: GetConfig, files: PlannedFiles, transfer: Transfer, sources: Sources): string {
  const { engine } = sources;
  const { reads, bytes: bytesRead } = sources.counts;
  const ofFiles = [
    ['order', orderText(orderOf(files, config), config)],
    ['depth', formatCount(engine?.info.queueDepth ?? 0)],
  ];
  const rows = [
    ['files', formatCount(files.count)],
    ['items', formatCount(transfer.items)],
    ['reads', formatCount(reads)],
    ['bytes asked', `${formatCount(transfer.bytes)} (${formatBytes(transfer.bytes)})`],
    ['bytes to be read', `${formatCount(bytesRead)} (${formatBytes(bytesRead)})`],
    ['delivery', config.ordered ? 'as asked' : 'as they come'],
    ...(engine === undefined ? [] : ofFiles),
    ['engine', sources.info.engine],
  ];
  const costs = costsOf(sources).map(costText);
  const tables = [renderTable(['plan', ''], rows, inkFor(false))];
  if (files.rows.length > 0) {
    const head = ['file', 'items', 'reads', 'bytes asked', 'bytes to be read'];
    tables.push(renderTable(head, files.rows.map(fileRow), inkFor(false)));
    if (files.count > files.rows.length) tables.push('… and more: --json lists all');
  }
  return [...tables, ...costs].join('\n\n');
}

/** In which order files that aren't in the page cache would be read. */
function orderOf({ mayReorder }: PlannedFiles, { read, ordered }: GetConfig): ReadOrder {
  const readOrder = read.readOrder ?? (ordered ? 'given' : 'device');
  return mayReorder && canReadDirectories() ? readOrder : 'given';
}

function orderText(order: ReadOrder, { ordered }: GetConfig): string {
  const window = ordered ? ORDERED_WINDOW_MAX : WINDOW_MAX;
  return order === 'given' ? 'as given' : `device (inode) in windows of ${formatCount(window)}`;
}

function fileRow({ name, items, reads, bytes, bytesRead }: PlannedFile): readonly string[] {
  return [JSON.stringify(textOf(name)).slice(1, -1), ...[items, reads, bytes, bytesRead].map(formatCount)];
}
