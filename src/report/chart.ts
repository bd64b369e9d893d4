import { plot } from 'asciichart';

/** A line of a chart: its values from left to right. */
export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

const HEIGHT_ROWS = 8;
const WIDTH_COLUMNS = 60;
const COLORS = ['\u001b[36m', '\u001b[33m', '\u001b[35m', '\u001b[32m', '\u001b[34m'];
const RESET = '\u001b[0m';

/**
 * Lines over common marks of the x-axis, with a legend. Each line is drawn in steps as wide as fit. Without colour the
 * lines can't be told apart by sight, so each gets a chart of its own.
 */
export function renderChart(lines: readonly Line[], marks: readonly string[], unit: string, color: boolean): string {
  const drawn = lines.filter((line) => line.values.length > 0);
  if (drawn.length === 0) return '';
  if (!color && drawn.length > 1) {
    return drawn.map((line) => renderChart([line], marks, unit, color)).join('\n\n');
  }
  const step = Math.max(1, Math.floor(WIDTH_COLUMNS / Math.max(1, marks.length)));
  const max = Math.max(...drawn.flatMap((line) => line.values));
  const body = plot(
    drawn.map((line) => line.values.flatMap((value) => new Array<number>(step).fill(value))),
    {
      min: 0,
      max,
      height: HEIGHT_ROWS,
      colors: drawn.map((_, index) => (color ? COLORS[index % COLORS.length] : undefined)),
      format: (value) => value.toFixed(0).padStart(9),
    },
  );
  const legend = drawn.map((line, index) =>
    paint(`── ${line.name}`, color ? COLORS[index % COLORS.length] : undefined),
  );
  const axis = marks.map((mark) => mark.padEnd(step)).join('');
  return [`${unit}   ${legend.join('   ')}`, body, `${' '.repeat(11)}${axis}`.trimEnd()].join('\n');
}

function paint(text: string, color: string | undefined): string {
  return color === undefined ? text : `${color}${text}${RESET}`;
}
