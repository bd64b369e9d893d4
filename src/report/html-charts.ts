import type { Verdict } from '../bench/stats.js';
import { type Axis, rateAxis, ratioAxis } from './html-axis.js';
import { escapeHtml } from './html-page.js';

/** A caption, and what is to be known for reading the chart. */
interface Heading {
  readonly title: string;
  readonly note?: string;
}

export interface Bar {
  readonly name: string;
  readonly detail: string;
  /** 0 … 8: which of the palette's colours. */
  readonly color: number;
  /** null: no run was valid. */
  readonly bytesPerSecond: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Figures right of the bar, under the heads of the chart. */
  readonly figures: readonly [string, string, string];
}

const WIDE_PX = 1056;
const BAR_LEFT_PX = 150;
const BAR_RIGHT_PX = 700;
const BAR_ROW_PX = 38;
/** Where the columns of figures end, from the right: each has room for the longest that it may hold. */
const FIGURES_PX = [214, 84, 0] as const;
const TOP_PX = 30;

/** Bars from left to right with their intervals as whiskers, and a column of text for each of `heads`. */
export function barChart(heading: Heading & { readonly heads: Bar['figures'] }, bars: readonly Bar[]): string {
  const axis = rateAxis(Math.max(0, ...bars.map((bar) => bar.high ?? bar.bytesPerSecond ?? 0)));
  const x = (value: number) => BAR_LEFT_PX + axis.place(value) * (BAR_RIGHT_PX - BAR_LEFT_PX);
  const bottom = TOP_PX + bars.length * BAR_ROW_PX;
  const column = (index: number) => WIDE_PX - 4 - (FIGURES_PX[index] ?? 0);
  const grid = axis.ticks.map(({ value, text }, index) => {
    const unit = index === axis.ticks.length - 1 ? ` ${axis.label}` : '';
    return line('grid-line', x(value), TOP_PX, x(value), bottom) + label(x(value), bottom + 18, text + unit);
  });
  const heads = heading.heads.map((text, index) => label(column(index), TOP_PX - 12, text, 'end'));
  const rows = bars.map((bar, index) => {
    const middle = TOP_PX + (index + 0.5) * BAR_ROW_PX;
    const { bytesPerSecond, low, high } = bar;
    const name =
      label(BAR_LEFT_PX - 12, bar.detail === '' ? middle + 4 : middle - 2, bar.name, 'end', 'name') +
      (bar.detail === '' ? '' : label(BAR_LEFT_PX - 12, middle + 13, bar.detail, 'end'));
    if (bytesPerSecond === null) return name + label(BAR_LEFT_PX + 8, middle + 4, 'no valid run', 'start');
    const width = Math.max(1, x(bytesPerSecond) - BAR_LEFT_PX);
    const figures = bar.figures.map((text, at) => label(column(at), middle + 4, text, 'end', 'value'));
    return (
      `<g><title>${escapeHtml(`${bar.name}: ${bar.figures.join(', ')}`)}</title>` +
      `<rect class="f${bar.color}" x="${BAR_LEFT_PX}" y="${px(middle - 10)}" width="${px(width)}" height="20" rx="2"/>` +
      `${low === null || high === null ? '' : whisker(x(low), x(high), middle)}${name}${figures.join('')}</g>`
    );
  });
  const rule = line('axis', BAR_LEFT_PX, TOP_PX, BAR_LEFT_PX, bottom);
  // A narrow window shows the bars without the columns at their right.
  const figures = bars.map(({ name, detail, figures: [median, interval, rate] }) => {
    const text = `${median}, 95 % ${interval}, ${rate} ${heading.heads[2]}`;
    return `<li><strong>${escapeHtml([name, detail].filter((part) => part !== '').join(', '))}</strong> ${escapeHtml(text)}</li>`;
  });
  const body = [...grid, ...heads, ...rows, rule];
  return `${chart({ ...heading, wide: true, height: bottom + 28, body })}<ul class="narrow">${figures.join('')}</ul>`;
}

function whisker(low: number, high: number, middle: number): string {
  const end = (at: number) => `M${px(at)} ${px(middle - 5)}V${px(middle + 5)}`;
  return `<path class="whisker" d="M${px(low)} ${px(middle)}H${px(high)}${end(low)}${end(high)}"/>`;
}

export interface Series {
  readonly name: string;
  readonly color: number;
  readonly dashed?: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Marked with the shape of the series. */
  readonly marks: readonly { readonly x: number; readonly y: number; readonly text: string }[];
}

const NARROW_PX = 508;
const PLOT = { left: 56, right: NARROW_PX - 24, top: 24, bottom: 250 };

/** Lines over two axes. */
export function lineChart(heading: Heading, axes: { x: Axis; y: Axis }, series: readonly Series[]): string {
  const x = (value: number) => PLOT.left + clamp(axes.x.place(value)) * (PLOT.right - PLOT.left);
  const y = (value: number) => PLOT.bottom - clamp(axes.y.place(value)) * (PLOT.bottom - PLOT.top);
  const grid = [
    ...axes.y.ticks.map(
      ({ value, text }) =>
        line('grid-line', PLOT.left, y(value), PLOT.right, y(value)) + label(PLOT.left - 8, y(value) + 4, text, 'end'),
    ),
    ...axes.x.ticks.map(
      ({ value, text }) =>
        line('grid-line', x(value), PLOT.top, x(value), PLOT.bottom) + label(x(value), PLOT.bottom + 18, text),
    ),
    line('axis', PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom),
    label(0, 11, axes.y.label, 'start'),
    label((PLOT.left + PLOT.right) / 2, PLOT.bottom + 38, axes.x.label),
  ];
  const lines = series.map(({ name, color, dashed, points, marks }) => {
    const d = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${px(x(point.x))} ${px(y(point.y))}`).join('');
    const path = `<path class="line l${color}${dashed ? ' dashed' : ''}" d="${d}"><title>${escapeHtml(name)}</title></path>`;
    return path + marks.map((mark) => shape(color, x(mark.x), y(mark.y), `${name}: ${mark.text}`)).join('');
  });
  const legend = series.map(({ name, color, dashed, marks }) => {
    const sample = `<line class="line l${color}${dashed ? ' dashed' : ''}" x1="1" y1="7" x2="25" y2="7"/>`;
    const mark = marks.length > 0 ? shape(color, 13, 7) : '';
    const drawing = `<svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true">${sample}${mark}</svg>`;
    return `<li>${drawing}${escapeHtml(name)}</li>`;
  });
  const body = [...grid, ...lines];
  return chart({ ...heading, wide: false, height: PLOT.bottom + 46, body, legend });
}

/** A mark of the series' own shape, so that colour isn't all that tells them apart. */
function shape(color: number, x: number, y: number, text = ''): string {
  const outlines = [
    '',
    'm-4.5-4.5h9v9h-9z',
    'm0-5.5l5 9h-10z',
    'm0-6l5.5 6l-5.5 6l-5.5-6z',
    'm-5-4h10l-5 9z',
    'm0-5.5l4.8 2.8v5.4l-4.8 2.8l-4.8-2.8v-5.4z',
    'm-2-5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z',
    'm-5.5 0l3-5h5l3 5l-3 5h-5z',
    'm-4.5-3l1.5-1.5l3 3l3-3l1.5 1.5l-3 3l3 3l-1.5 1.5l-3-3l-3 3l-1.5-1.5l3-3z',
  ];
  const title = text === '' ? '' : `<title>${escapeHtml(text)}</title>`;
  return color === 0
    ? `<circle class="mark f0" cx="${px(x)}" cy="${px(y)}" r="4.5">${title}</circle>`
    : `<path class="mark f${color}" d="M${px(x)} ${px(y)}${outlines[color]}">${title}</path>`;
}

export interface RatioRow {
  readonly name: string;
  readonly detail: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: Verdict;
}

const RATIO_LEFT_PX = 190;
const RATIO_RIGHT_PX = 800;
const RATIO_ROW_PX = 46;
/** Within it, a ratio whose whole interval lies there is called equal. */
const BAND = [0.95, 1.05] as const;

/** Ratios as dots with their intervals, around 1 and the band in which both count as equal. */
export function ratioChart(heading: Heading & { readonly baseline: string }, rows: readonly RatioRow[]): string {
  const axis = ratioAxis(rows.flatMap((row) => [row.low, row.high]));
  const x = (value: number) => RATIO_LEFT_PX + clamp(axis.place(value)) * (RATIO_RIGHT_PX - RATIO_LEFT_PX);
  const bottom = TOP_PX + rows.length * RATIO_ROW_PX;
  const grid = axis.ticks.map(
    ({ value, text }) =>
      line(value === 1 ? 'one' : 'grid-line', x(value), TOP_PX, x(value), bottom) + label(x(value), bottom + 18, text),
  );
  const [bandLow, bandHigh] = [x(BAND[0]), x(BAND[1])];
  const band = `<rect class="band" x="${px(bandLow)}" y="${TOP_PX}" width="${px(bandHigh - bandLow)}" height="${bottom - TOP_PX}"/>`;
  const heads = [
    label(x(1), TOP_PX - 12, '±5 %'),
    label(902, TOP_PX - 12, 'ratio (95 %)', 'middle'),
    label(972, TOP_PX - 12, 'verdict', 'start'),
    label(RATIO_LEFT_PX, bottom + 40, `← ${heading.baseline} is faster`, 'start'),
    label(RATIO_RIGHT_PX, bottom + 40, 'lsio is faster →', 'end'),
  ];
  const dots = rows.map((row, index) => {
    const middle = TOP_PX + (index + 0.5) * RATIO_ROW_PX;
    const hollow = row.verdict === 'undecided' ? ' hollow' : '';
    const interval = `${row.low.toFixed(2)}–${row.high.toFixed(2)}`;
    return (
      `<g class="v-${row.verdict}"><title>${escapeHtml(`${row.name}: ${row.ratio.toFixed(2)} (${interval}), ${row.verdict}`)}</title>` +
      label(RATIO_LEFT_PX - 16, middle - 3, row.name, 'end', 'name') +
      label(RATIO_LEFT_PX - 16, middle + 14, row.detail, 'end') +
      line('reach', x(row.low), middle, x(row.high), middle) +
      `<circle class="dot${hollow}" cx="${px(x(row.ratio))}" cy="${px(middle)}" r="5.5"/>` +
      label(868, middle + 5, row.ratio.toFixed(2), 'end', 'name') +
      label(880, middle + 5, interval, 'start') +
      `${label(972, middle + 5, row.verdict, 'start', 'verdict')}</g>`
    );
  });
  return chart({ ...heading, wide: true, height: bottom + 50, body: [band, ...grid, ...heads, ...dots] });
}

interface Drawing extends Heading {
  readonly wide: boolean;
  readonly height: number;
  readonly body: readonly string[];
  readonly legend?: readonly string[];
}

function chart({ title, note, wide, height, body, legend = [] }: Drawing): string {
  const small = note === undefined ? '' : `<small>${escapeHtml(note)}</small>`;
  const names = legend.length === 0 ? '' : `<ul class="legend">${legend.join('')}</ul>`;
  return (
    `<figure${wide ? ' class="wide"' : ''}><figcaption><h3>${escapeHtml(title)}</h3>${small}</figcaption>${names}\n` +
    `<div class="chart"><svg viewBox="0 0 ${wide ? WIDE_PX : NARROW_PX} ${px(height)}" role="img">` +
    `<title>${escapeHtml(title)}</title>\n${body.join('\n')}\n</svg></div></figure>`
  );
}

function line(style: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${style}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'middle', style = ''): string {
  const kind = style === '' ? '' : ` class="${style}"`;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${kind}>${escapeHtml(text)}</text>`;
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
