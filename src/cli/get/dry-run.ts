import type { EngineInfo } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import type { LsioError } from '../../errors.js';
import { canReadDirectories } from '../../native/directory.js';
import type { Inputs } from '../../output/input.js';
import { type ByteText, textOf } from '../../paths/byte-text.js';
import { inkFor, renderTable } from '../../report/table.js';
import type { GetTotals } from '../../results/get.js';
import { windowMax } from '../../store/admission.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import { formatBytes, formatCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import {
  announceEngine,
  applyReadingOptions,
  type CoalesceOptions,
  expectedMerging,
  type ReadingOptions,
} from '../app/options.js';
import { print } from '../app/talk.js';
import { GetDocument } from './document.js';
import { explained } from './explained.js';
import type { OnInputError } from './inputs.js';
import { type FilePlan, GetPlan } from './plan.js';
import type { SinkOptions } from './sinks.js';
import { sayError } from './transfer.js';

/** Lines for single files at most: who wants them all takes the JSON document. */
const FILE_LINES_MAX = 40;

type DryRunOptions = ReadingOptions & SinkOptions & CoalesceOptions & { readonly readOrder?: ReadOrder };

/** Finds the inputs, and tells `onError` of what is none. */
export type Ask = (onError: OnInputError) => Promise<Inputs>;

/** Prints what a run would read. Of the files themselves only their metadata is looked at. */
export async function dryRun(ask: Ask, options: DryRunOptions, context: Context): Promise<void> {
  const log = applyReadingOptions(options, context);
  const failures: { name: ByteText; error: LsioError; id: string | number | undefined }[] = [];
  const inputs = await ask((name, error, id) => void failures.push({ name, error, id }));
  const engine = await openEngine(options);
  const { info } = engine;
  // What it would read is known without it.
  await engine.close();
  announceEngine(info, options, log);
  const files: FilePlan[] = [];
  const plan = new GetPlan(expectedMerging(options, options.direct), (file) => {
    if (options.verbose && files.length < FILE_LINES_MAX) files.push(file);
  });
  const document = options.json ? new GetDocument({ items: options.items ?? true }) : undefined;
  const beganNs = process.hrtime.bigint();
  let failed = 0;
  function totals(): GetTotals {
    const { bytes, reads, bytesRead } = plan.totals;
    return {
      dryRun: true,
      order: orderOf(plan, options),
      failed,
      bytes,
      reads,
      bytesRead,
      wallNs: Number(process.hrtime.bigint() - beganNs),
    };
  }
  async function listFailures(): Promise<void> {
    for (const { name, error, id } of failures.splice(0)) {
      failed++;
      sayError(error);
      await document?.failed(name, error, id);
    }
  }
  if (document !== undefined) context.finishJson = (failure) => document.end(totals(), failure);
  await document?.begin(info);
  for await (const batch of inputs) {
    for (const input of batch) {
      context.signal.throwIfAborted();
      if (failures.length > 0) await listFailures();
      const { offset, length, error } = plan.add(input);
      if (error === undefined) await document?.got(input, { offset, bytes: length });
      else failures.push({ name: input.name, error: explained(error), id: input.id });
    }
  }
  plan.end();
  await listFailures();
  context.finishJson = async () => {};
  if (document !== undefined) await document.end(totals());
  else print(`${planText(plan, files, info, options)}\n`);
  if (failed > 0) process.exitCode = EXIT.someFailed;
}

function planText(plan: GetPlan, files: readonly FilePlan[], info: EngineInfo, options: DryRunOptions): string {
  const { items, reads, bytes, bytesRead } = plan.totals;
  const ordered = isOrdered(options);
  const rows = [
    ['files', formatCount(plan.files)],
    ['items', formatCount(items)],
    ['reads', formatCount(reads)],
    ['bytes asked', `${formatCount(bytes)} (${formatBytes(bytes)})`],
    ['bytes to be read', `${formatCount(bytesRead)} (${formatBytes(bytesRead)})`],
    ['delivery', ordered ? 'as asked' : 'as they come'],
    ['order', orderText(orderOf(plan, options), ordered)],
    ['depth', formatCount(info.queueDepth)],
    ['engine', info.engine],
  ];
  const tables = [renderTable(['plan', ''], rows, inkFor(false))];
  if (files.length > 0) {
    const head = ['file', 'items', 'reads', 'bytes asked', 'bytes to be read'];
    tables.push(renderTable(head, files.map(fileRow), inkFor(false)));
  }
  if (files.length === FILE_LINES_MAX && plan.files > FILE_LINES_MAX) tables.push('… and more: --json lists all');
  return tables.join('\n\n');
}

/** Whether items are taken in the order asked for. */
function isOrdered({ discard, outputDir, checksum, json, items = true }: DryRunOptions): boolean {
  const isFree = discard === true || outputDir !== undefined;
  return !isFree || (json ? items : checksum !== undefined);
}

/** In which order files that aren't in the page cache would be read. */
function orderOf({ mayReorder }: GetPlan, options: DryRunOptions): ReadOrder {
  const readOrder = options.readOrder ?? (isOrdered(options) ? 'given' : 'device');
  return mayReorder && canReadDirectories() ? readOrder : 'given';
}

function orderText(order: ReadOrder, ordered: boolean): string {
  const window = windowMax({ readOrder: order, ordered });
  return order === 'given' ? 'as given' : `device (inode) in windows of ${formatCount(window)}`;
}

function fileRow({ name, items, reads, bytes, bytesRead }: FilePlan): readonly string[] {
  return [JSON.stringify(textOf(name)).slice(1, -1), ...[items, reads, bytes, bytesRead].map(formatCount)];
}
