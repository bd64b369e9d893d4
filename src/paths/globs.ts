import { LsioError } from '../errors.js';
import { type ByteText, exactText } from './byte-text.js';

/** Says whether a path is left out. */
export interface Excludes {
  /** The path of an entry below a directory that was asked for; those above it are not left out. */
  entry(path: ByteText, isDirectory: boolean): boolean;
  /** A path as it was given: also when a directory on the way to it is left out. */
  path(path: ByteText): boolean;
}

interface Exclude {
  readonly regExp: RegExp;
  /** It is matched with the whole path, not with the last name in it. */
  readonly wholePath: boolean;
  readonly directoriesOnly: boolean;
}

/**
 * What patterns leave out: one without a slash matches a name at any depth, one with a slash the whole path; with a slash
 * at its end it matches directories only.
 *
 * @returns undefined when there are no patterns.
 * @throws {LsioError} `usage` for an empty pattern.
 */
export function excludesOf(patterns: readonly ByteText[]): Excludes | undefined {
  if (patterns.length === 0) return undefined;
  const excludes = patterns.map(excludeOf);
  function entry(path: ByteText, isDirectory: boolean): boolean {
    const whole = exactText(path);
    const last = whole.slice(whole.lastIndexOf('/') + 1);
    return excludes.some(
      ({ regExp, wholePath, directoriesOnly }) =>
        (isDirectory || !directoriesOnly) && regExp.test(wholePath ? whole : last),
    );
  }
  function path(path: ByteText): boolean {
    const clean = path.replace(/^(?:\.{0,2}\/+)+/, '');
    for (let at = clean.indexOf('/'); at !== -1; at = clean.indexOf('/', at + 1)) {
      if (entry(clean.slice(0, at), true)) return true;
    }
    return entry(clean, false);
  }
  return { entry, path };
}

function excludeOf(pattern: ByteText): Exclude {
  const directoriesOnly = /[^/]\/+$/.test(pattern);
  const path = pattern.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, '');
  if (path === '') throw new LsioError('usage', `--exclude: ${JSON.stringify(pattern)} is not a pattern`);
  return { regExp: globRegExp(exactText(path)), wholePath: /\/./.test(pattern), directoriesOnly };
}

const SPECIAL = /[*?[\]{}]/;

/** Whether a text may be a pattern for {@link globRegExp}. */
export function isPattern(text: string): boolean {
  return SPECIAL.test(text);
}

/** The part of a pattern with which all begins that it matches: empty, or with a slash at its end. */
export function patternBase(pattern: string): string {
  return pattern.slice(0, pattern.lastIndexOf('/', pattern.search(SPECIAL)) + 1);
}

/**
 * A glob as a regular expression: `*` and `?` within a name, `**` any number of directories, `[abc]`, `[!a-z]`, `{a,b}`,
 * and a backslash before what is meant literally. Names that begin with a dot match like others.
 */
export function globRegExp(glob: string): RegExp {
  return new RegExp(`^${sourceOf(glob)}$`, 'su');
}

const LITERAL = /[\\^$.*+?()[\]{}|/]/gu;

function sourceOf(glob: string): string {
  let source = '';
  for (let at = 0; at < glob.length; ) {
    const { text, length } = tokenAt(glob, at);
    source += text;
    at += length;
  }
  return source;
}

/** The regular expression for what stands at a place of a glob, and how much of the glob that is. */
function tokenAt(glob: string, at: number): { text: string; length: number } {
  const rest = glob.slice(at);
  const atName = at === 0 || glob[at - 1] === '/';
  const [stars = ''] = /^\*+/.exec(rest) ?? [];
  if (stars.length === 2 && atName) {
    if (rest === stars) return { text: '.+', length: 2 };
    if (rest[2] === '/') return { text: '(?:[^/]+/)*', length: 3 };
  }
  if (stars !== '') return { text: '[^/]*', length: stars.length };
  if (rest[0] === '?') return { text: '[^/]', length: 1 };
  const [, not = '', set] = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/su.exec(rest) ?? [];
  if (set) return { text: `(?!/)[${not && '^'}${setOf(set)}]`, length: 2 + not.length + set.length };
  const choices = rest[0] === '{' ? choicesOf(rest) : [];
  if (choices.length > 1) {
    const length = choices.join(',').length + 2;
    return { text: `(?:${choices.map(sourceOf).join('|')})`, length };
  }
  const [character = ''] = /^\\?./su.exec(rest) ?? [];
  return { text: character.replace(/^\\(?=.)/su, '').replace(LITERAL, '\\$&'), length: character.length };
}

/** The inside of a set: a hyphen between two characters makes a range, everything else is literal. */
function setOf(set: string): string {
  const members = [...set.matchAll(/\\?(.)/gsu)].map(([text, character = '']) => ({ text, character }));
  let source = '';
  for (let at = 0; at < members.length; at++) {
    const { character: first } = members[at]!;
    const last = members[at + 1]?.text === '-' ? members[at + 2]?.character : undefined;
    // From high to low is nothing, as in a shell.
    if (last === undefined || first <= last) source += inSet(first);
    if (last === undefined) continue;
    if (first <= last) source += `-${inSet(last)}`;
    at += 2;
  }
  return source;
}

function inSet(character: string): string {
  return /[[\]^\-\\]/u.test(character) ? `\\${character}` : character;
}

/** What `{a,b}` at the beginning of a text offers; nothing when no brace closes it. */
function choicesOf(text: string): string[] {
  const choices = [''];
  let depth = 0;
  for (const [character = ''] of text.matchAll(/\\?./gsu)) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (depth === 0) return choices;
    if (character === ',' && depth === 1) choices.push('');
    else if (character !== '{' || depth > 1) choices[choices.length - 1] += character;
  }
  return [];
}
