import { isatty } from 'node:tty';
import { STDERR } from '../../stdio.js';
import { formatBytes, formatMiBPerSecond } from '../../units.js';
import { showBar, tell } from './talk.js';
import { canDrawOver } from './terminal.js';

export const PROGRESS_MODES = ['auto', 'always', 'never'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** What is over sooner needs no bar. */
const APPEAR_MS = 1000;
const REDRAW_MS = 200;
/** Where lines can't be drawn over, each is a new one. */
const NEW_LINE_MS = 1000;
const BAR_CHARS = 20;
/** Back to the first column, and clear to the end of the line. */
const CLEAR_LINE = '\r\u001b[K';

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
 * The line is drawn with nothing but "back to the first column" and "clear to the end of the line": a terminal's state
 * stays as it is, so that a signal may end the process at any time, and messages may come in between.
 *
 * @param look Is asked five times a second, so that the command's hot path has only to count.
 */
export function startProgress(
  { progress: mode, quiet }: { readonly progress: ProgressMode; readonly quiet: boolean },
  look: () => ProgressState,
): Progress {
  const terminal = canDrawOver(STDERR);
  if (quiet || mode === 'never' || (mode === 'auto' && !isatty(STDERR))) return { stop() {} };
  const beganMs = performance.now();
  let timer = setTimeout(draw, APPEAR_MS).unref();
  let drawn = false;

  function draw(): void {
    const line = progressLine(look(), performance.now() - beganMs);
    if (terminal) tell(CLEAR_LINE + fitted(line));
    else tell(`${line}\n`);
    drawn = terminal;
    showBar(drawn);
    timer = setTimeout(draw, terminal ? REDRAW_MS : NEW_LINE_MS).unref();
  }

  return {
    stop() {
      clearTimeout(timer);
      if (drawn) tell(CLEAR_LINE);
      drawn = false;
      showBar(false);
    },
  };
}

/** A line that the terminal breaks can't be drawn over. */
function fitted(line: string): string {
  const { columns } = process.stderr;
  return columns > 1 ? line.slice(0, columns - 1) : line;
}

/** `[=====---------------]  25%  1234/5000 items  12.3 MiB  45.6 MiB/s  ETA 3 s`. */
export function progressLine(state: ProgressState, elapsedMs: number): string {
  const { items, unit = 'items', bytes = 0, note, itemsTotal } = state;
  const rate = note ?? `${formatBytes(bytes)}  ${formatMiBPerSecond((bytes / elapsedMs) * 1000)} MiB/s`;
  if (!itemsTotal) return `${items} ${unit}  ${rate}`;
  const part = Math.min(items / itemsTotal, 1);
  const done = Math.floor(part * BAR_CHARS);
  const bar = `[${'='.repeat(done)}${'-'.repeat(BAR_CHARS - done)}] ${String(Math.floor(part * 100)).padStart(3)}%`;
  const left = part === 0 ? '–' : leftText(((1 - part) / part) * (elapsedMs / 1000));
  return `${bar}  ${items}/${itemsTotal} ${unit}  ${rate}  ETA ${left}`;
}

/** `59 s`, `12 min`, `30 h`: an estimate is no more exact than that. */
function leftText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
