/**
 * A broken invariant: a bug in lsio or in what lies below it, never bad input. The process should stop (exit 70):
 * after it, nothing that was read can be trusted.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Stops when an invariant does not hold. On in production: we hand raw pointers to the kernel, so going on is worse.
 * A message that is put together costs more than most checks: on the path of each read it is a constant.
 *
 * @throws {InvariantError}
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(`broken invariant: ${message}`);
}
