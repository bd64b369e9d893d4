import { isLsioError, LsioError } from '../../errors.js';

/** In place of an errno: the log has the error. Not an errno of any system. */
const FIRST = 2_000_000;
/** Failures that are remembered: more than there can be between a read's end and its item's. */
const MAX = 65_536;

/** The errors behind the last failed reads, by numbers that stand in for an errno. */
export class FailureLog {
  readonly #errors: LsioError[] = [];
  #count = 0;

  /** @returns the number that stands for the error */
  remember(error: unknown): number {
    const at = this.#count++ % MAX;
    this.#errors[at] = isLsioError(error) ? error : new LsioError('read', String(error), { cause: error });
    return FIRST + at;
  }

  of(errno: number): LsioError | undefined {
    return errno < FIRST ? undefined : this.#errors[errno - FIRST];
  }
}
