import { createRequire } from 'node:module';
import type { Logger, pino } from 'pino';
import { STDERR } from '../../stdio.js';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line of JSON per message to stderr. */
export interface Log {
  readonly level: LogLevel;
  info(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
}

/** A log of the messages of `level` and above. pino takes 18 ms to load: that is paid by the first message. */
export function createLog(level: LogLevel): Log {
  let logger: Logger | undefined;
  function write(messageLevel: 'info' | 'debug', message: string, fields: object): void {
    if (LOG_LEVELS.indexOf(messageLevel) > LOG_LEVELS.indexOf(level)) return;
    logger ??= load(level);
    logger[messageLevel](fields, message);
  }
  return {
    level,
    info: (message, fields = {}) => write('info', message, fields),
    debug: (message, fields = {}) => write('debug', message, fields),
  };
}

function load(level: LogLevel): Logger {
  const create = createRequire(import.meta.url)('pino') as typeof pino;
  // Synchronous, so that the last lines before a crash are there.
  const destination = create.destination({ dest: STDERR, sync: true });
  const formatters = { level: (label: string) => ({ level: label }) };
  return create({ level, base: null, formatters, timestamp: create.stdTimeFunctions.isoTime }, destination);
}
