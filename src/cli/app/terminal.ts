import { isatty } from 'node:tty';
import { STDOUT } from '../../stdio.js';

/** Whether a line can be drawn over: on a terminal that knows the escape sequences for it. */
export function canDrawOver(fd: number): boolean {
  return isatty(fd) && process.env.TERM !== 'dumb';
}

/** Whether stdout gets colours: NO_COLOR is respected, see no-color.org. */
export function wantsColor(choice: 'auto' | 'always' | 'never' = 'auto'): boolean {
  return choice === 'auto' ? canDrawOver(STDOUT) && !process.env.NO_COLOR : choice === 'always';
}
