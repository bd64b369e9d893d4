/** How often a request is tried, and for how long. */
export interface RetryOptions {
  /** Tries of one request, the first included. @default 10 */
  readonly tries?: number | undefined;
  /** Without a byte of progress for that long it fails. @default 60000 */
  readonly giveUpMs?: number | undefined;
}

/** How long to wait for a server. */
export interface Timeouts {
  /** Until there is a connection. @default 5000 */
  readonly connectMs?: number | undefined;
  /** Until the first byte of an answer. @default 15000 */
  readonly firstByteMs?: number | undefined;
  /** Between one byte of a body and the next. @default 15000 */
  readonly idleMs?: number | undefined;
}
