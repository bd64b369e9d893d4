import { LsioError } from '../errors.js';
import { shown } from '../printable.js';

/** What each option may be. */
export type OptionChecks = Readonly<Record<string, (value: unknown) => boolean>>;

export function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

export function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

export function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** A check for one of a few texts. */
export function oneOf(...choices: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && choices.includes(value);
}

/**
 * Refuses options that the call doesn't know, and values of the wrong kind. Undefined is as good as absent.
 *
 * @throws {LsioError} `usage`
 */
export function checkOptions(options: object | undefined, checks: OptionChecks): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new LsioError('usage', `options are an object, not ${shown(options)}`);
  }
  for (const name in options) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const remedy = `options here: ${Object.keys(checks).join(', ')}`;
      throw new LsioError('usage', `there is no option ${shown(name)}`, { remedy });
    }
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && !check(value)) {
      throw new LsioError('usage', `option ${name}: ${shown(value)} is not a value for it`);
    }
  }
}
