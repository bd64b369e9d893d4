import { globRegExp, isPattern, patternBase } from '../paths/globs.js';

/** A pattern that stands for several objects. */
export interface KeyPattern {
  /** With which the keys of all objects begin that it matches. */
  readonly prefix: string;
  readonly regExp: RegExp;
}

/** The pattern in an address; undefined where there is none. What is percent-encoded in it is meant literally. */
export function keyPattern(url: string): KeyPattern | undefined {
  const raw = rawKeyOf(url);
  if (!isPattern(raw)) return undefined;
  const glob = raw.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    decodeURIComponent(encoded).replace(/[*?[\]{}\\]/g, '\\$&'),
  );
  return { prefix: decodeURIComponent(patternBase(raw)), regExp: globRegExp(glob) };
}

/** The key as it is written, percent-encoded. */
function rawKeyOf(url: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/[^/]*\/?(.*)$/is.exec(url) ?? [];
  if (/^https?$/i.test(scheme)) return rest.replace(/\?.*$/s, '');
  // The first part is the container.
  return /^az$/i.test(scheme) ? rest.slice(rest.indexOf('/') + 1 || rest.length) : rest;
}
