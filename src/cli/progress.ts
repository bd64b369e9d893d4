import { isatty } from 'node:tty';
import type { Options, Params, SingleBar } from 'cli-progress';
import { formatBytes, formatMiBPerSecond } from '../units.js';
import { showBar } from './talk.js';

export const PROGRESS_MODES = ['auto', 'always', 'never'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

const STDERR = 2;
/** What is over sooner needs no bar. */
const APPEAR_MS = 1000;
const REDRAW_MS = 100;

/** How far a command is. */
export interface ProgressState {
  readonly items: number;
  /** What is counted. @default 'items' */
  readonly unit?: string | undefined;
  /** Bytes so far; or, where they tell nothing, a note of what is being done. */
  readonly bytes?: number | undefined;
  readonly note?: string | undefined;
  /** How many items there will be, once that is known. */
  readonly itemsTotal?: number | undefined;
}

export interface Progress {
  /** Takes the bar away. */
  stop(): void;
}

/**
 * Shows on stderr how far a command is, from one second after its begin on: items, bytes, rate, and the time left once
 * the total is known.
 *
 * @param look Is asked ten times a second, so that the command's hot path has only to count.
 */
export function startProgress(options: { mode: ProgressMode; quiet: boolean }, look: () => ProgressState): Progress {
  const { mode, quiet } = options;
  const terminal = isatty(STDERR);
  if (quiet || mode === 'never' || (mode === 'auto' && !terminal)) return { stop() {} };
  const beganMs = performance.now();
  let bar: SingleBar | undefined;
  let redrawing: NodeJS.Timeout | undefined;

  async function appear(): Promise<void> {
    const { default: cliProgress } = await import('cli-progress');
    if (stopped) return;
    const { BarFormat } = cliProgress.Format;
    bar = new cliProgress.SingleBar({
      format: (barOptions, params, state: ProgressState) =>
        lineOf(state, {
          ...params,
          bar: BarFormat(params.progress, barOptions),
          elapsedMs: performance.now() - beganMs,
        }),
      barsize: 20,
      fps: 1000 / REDRAW_MS,
      noTTYOutput: true,
      notTTYSchedule: APPEAR_MS,
      clearOnComplete: true,
      synchronousUpdate: false,
    } satisfies Options);
    const state = look();
    bar.start(state.itemsTotal ?? 0, state.items, state);
    showBar(terminal);
    redrawing = setInterval(redraw, REDRAW_MS).unref();
  }

  function redraw(): void {
    const state = look();
    bar?.setTotal(state.itemsTotal ?? 0);
    bar?.update(state.items, state);
  }

  let stopped = false;
  const appearing = setTimeout(() => void appear(), APPEAR_MS).unref();
  return {
    stop() {
      stopped = true;
      clearTimeout(appearing);
      clearInterval(redrawing);
      bar?.stop();
      showBar(false);
    },
  };
}

/** `[=====---------------]  25%  1234/5000 items  12.3 MiB  45.6 MiB/s  ETA 3 s`. */
function lineOf(state: ProgressState, params: Params & { bar: string; elapsedMs: number }): string {
  const { items, unit = 'items', bytes = 0, note, itemsTotal } = state;
  const rate = note ?? `${formatBytes(bytes)}  ${formatMiBPerSecond((bytes / params.elapsedMs) * 1000)} MiB/s`;
  if (itemsTotal === undefined) return `${items} ${unit}  ${rate}`;
  const percent = String(Math.floor(100 * params.progress)).padStart(3);
  return `[${params.bar}] ${percent}%  ${items}/${itemsTotal} ${unit}  ${rate}  ETA ${params.eta} s`;
}
