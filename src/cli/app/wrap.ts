import { isatty } from 'node:tty';
import { STDOUT } from '../../stdio.js';

/** A space where no line may end, and a place without a space where one may: characters that no text has. */
export const NO_BREAK = '\ufdd0';
export const MAY_BREAK = '\ufdd1';

const COLUMNS = 80;
const COLUMNS_MIN = 40;

/** How wide lines may be: as the terminal is, or 80. */
export function lineWidth(): number {
  const columns = (isatty(STDOUT) ? process.stdout.columns : undefined) ?? Number(process.env.COLUMNS);
  return Number.isSafeInteger(columns) && columns > 0 ? Math.max(COLUMNS_MIN, columns) : COLUMNS;
}

/**
 * Breaks a line at its spaces, and where {@link MAY_BREAK} stands, so that no line is wider than `width`. What has neither,
 * such as a path, stays whole.
 *
 * @param indent stands before all lines, and `margin` more before all but the first.
 */
export function wrapLine(
  text: string,
  { width, indent, margin }: { width: number; indent: string; margin: string },
): string[] {
  if (indent.length + text.length <= width) return [indent + plain(text)];
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  let gap = '';
  // Words, with what stands between them in between.
  for (const [i, part] of text.split(/( +|\ufdd1)/).entries()) {
    if (i % 2 === 1) {
      gap = part === MAY_BREAK ? '' : part;
      continue;
    }
    const fits = line.length + gap.length + plain(part).length <= width;
    if (isEmpty || fits) line += isEmpty ? part : gap + part;
    else {
      lines.push(plain(line));
      line = indent + margin + part;
    }
    isEmpty = false;
  }
  lines.push(plain(line));
  return lines;
}

function plain(text: string): string {
  return text.replaceAll(NO_BREAK, ' ').replaceAll(MAY_BREAK, '');
}
