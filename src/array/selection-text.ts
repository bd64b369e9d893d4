import { LsioError } from '../errors.js';
import type { IndexSelector } from './selection.js';

/** What `--sel` says of an axis: labels as text, whatever the axis' labels turn out to be. */
export type LabelSelector =
  | { readonly value: string; readonly nearest: boolean }
  | { readonly from: string | undefined; readonly to: string | undefined };

const INDEX_FORMS = 'write dim=3, dim=10:20 or dim=10:20:2';
const LABEL_FORMS = 'write dim=VALUE, dim=~VALUE (the nearest) or dim=A:B (both included)';
/** A date with as much of it as is wanted: its colons don't separate. */
const DATE = String.raw`-?\d{4,}-\d\d(?:-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?Z?)?)?`;
const ONE_DATE = new RegExp(`^${DATE}$`);
const DATE_RANGE = new RegExp(String.raw`^(${DATE}|-?\d*)?:(${DATE}|-?\d*)?$`);

/**
 * The selectors of `--isel` by the axis' name: `time=3`, `lat=::2,lon=-10:`.
 *
 * @throws {LsioError} `usage`
 */
export function parseIndexSelectors(texts: readonly string[]): Map<string, IndexSelector> {
  return parseSelectors(texts, { option: '--isel', forms: INDEX_FORMS, parse: parseIndex });
}

/**
 * The selectors of `--sel` by the axis' name: `lat=60:50`, `time=2001-03`, `lon=~10.1`.
 *
 * @throws {LsioError} `usage`
 */
export function parseLabelSelectors(texts: readonly string[]): Map<string, LabelSelector> {
  return parseSelectors(texts, { option: '--sel', forms: LABEL_FORMS, parse: parseLabel });
}

interface Grammar<Selector> {
  readonly option: string;
  readonly forms: string;
  readonly parse: (text: string) => Selector | undefined;
}

function parseSelectors<Selector>(
  texts: readonly string[],
  { option, forms, parse }: Grammar<Selector>,
): Map<string, Selector> {
  const selectors = new Map<string, Selector>();
  for (const part of texts.flatMap((text) => text.split(','))) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    const selector = equals < 1 ? undefined : parse(part.slice(equals + 1).trim());
    if (selector === undefined) {
      throw new LsioError('usage', `${option}: ${JSON.stringify(part)} is not understood: ${forms}`);
    }
    if (selectors.has(name)) throw new LsioError('usage', `${option}: ${name} is selected twice`);
    selectors.set(name, selector);
  }
  return selectors;
}

function parseIndex(text: string): IndexSelector | undefined {
  const parts = text.split(':').map((part) => part.trim());
  if (parts.length > 3 || !parts.every((part) => /^(?:[+-]?\d{1,15})?$/.test(part))) return undefined;
  const [start, stop, step] = parts.map((part) => (part === '' ? undefined : Number(part)));
  if (parts.length === 1) return start;
  return {
    ...(start === undefined ? {} : { start }),
    ...(stop === undefined ? {} : { stop }),
    ...(step === undefined ? {} : { step }),
  };
}

function parseLabel(text: string): LabelSelector | undefined {
  if (text === '') return undefined;
  if (text.startsWith('~')) return text.length === 1 ? undefined : { value: text.slice(1).trim(), nearest: true };
  if (ONE_DATE.test(text)) return { value: text, nearest: false };
  const parts = DATE_RANGE.exec(text)?.slice(1, 3) ?? text.split(':');
  if (parts.length > 2) return undefined;
  if (parts.length === 1) return { value: text, nearest: false };
  const [from, to] = parts.map((part) => part?.trim() || undefined);
  return { from, to };
}
