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
 * Lines over common marks of the x-axis, with a legend. Each line is drawn in steps as wide as fit. Without colour lines
 * could not be told apart where they cross: then each has a letter, which stands at its values.
 */
export function renderChart(lines: readonly Line[], marks: readonly string[], unit: string, color: boolean): string {
  const drawn = lines.filter((line) => line.values.length > 0);
  if (drawn.length === 0) return '';
  if (!color && drawn.length > 1) return letterChart(drawn, marks, unit);
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

/** A letter for each line at each mark. Where several meet, they stand side by side as far as there is room. */
function letterChart(lines: readonly Line[], marks: readonly string[], unit: string): string {
  const step = Math.max(2, Math.floor(WIDTH_COLUMNS / Math.max(1, marks.length)));
  const max = Math.max(...lines.flatMap((line) => line.values)) || 1;
  const rows = Array.from({ length: HEIGHT_ROWS + 1 }, () => new Array<string>(step * marks.length).fill(' '));
  for (const [index, { values }] of lines.entries()) {
    for (const [at, value] of values.entries()) {
      const row = rows[HEIGHT_ROWS - Math.round((value / max) * HEIGHT_ROWS)]!;
      const free = row.indexOf(' ', at * step);
      if (free >= 0 && free < (at + 1) * step) row[free] = letterOf(index);
    }
  }
  const legend = lines.map(({ name }, index) => `${letterOf(index)} ${name}`);
  const body = rows.map((row, index) => {
    const scale = ((max * (HEIGHT_ROWS - index)) / HEIGHT_ROWS).toFixed(0).padStart(9);
    return `${scale} ┤${row.join('')}`.trimEnd();
  });
  const axis = marks.map((mark) => mark.padEnd(step)).join('');
  return [`${unit}   ${legend.join('   ')}`, ...body, `${' '.repeat(11)}${axis}`.trimEnd()].join('\n');
}

function letterOf(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + (index % 26));
}
