/** How often, from 0 to 1, and how much goes wrong. */
export interface SimFaults {
  /** Completions take up to this long. */
  readonly delayMsMax: number;
  readonly interrupted: number;
  readonly again: number;
  /** An operation fails with any of {@link FAILURES}. */
  readonly failing: number;
  readonly short: number;
  /** Entering fails with EINTR, EAGAIN or EBUSY. */
  readonly refused: number;
  /** A submit takes only some of what is prepared, or nothing. */
  readonly partial: number;
  /** Only some of the completions that are there are shown. */
  readonly late: number;
  /** An operation is never answered, unless it is cancelled, and perhaps not even then. */
  readonly stuck: number;
  /** The ring fails for good at this submit. */
  readonly lostAt: number;
  /** After so many completions something comes that must not: see `SimKernel`. */
  readonly brokenAt: number;
  /** The operation of this number, from 1 on, ends so. */
  readonly operation: OneFault;
  /** Entering for the time of this number, from 1 on, ends so: `-errno`, or how many are taken. */
  readonly submit: OneFault;
}

export interface OneFault {
  readonly number: number;
  /** `-errno`, or at most so many bytes; below 1: this share of them. */
  readonly result: number;
}

export const NEVER: OneFault = { number: Number.POSITIVE_INFINITY, result: 0 };

export const NO_FAULTS: SimFaults = {
  delayMsMax: 0,
  interrupted: 0,
  again: 0,
  failing: 0,
  short: 0,
  refused: 0,
  partial: 0,
  late: 0,
  stuck: 0,
  lostAt: Number.POSITIVE_INFINITY,
  brokenAt: Number.POSITIVE_INFINITY,
  operation: NEVER,
  submit: NEVER,
};
