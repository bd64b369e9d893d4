/** Whether this is the long suite (`scripts/test-long.sh`), which may take hours. */
export const LONG = process.env.LSIO_LONG === '1';

/** How many cases a test tries: a few in every check, many in the long suite. */
export function cases(few: number, many = 100 * few): number {
  return LONG ? many : few;
}
