/**
 * A value of JSON. A whole number that a double can't hold exactly is a bigint, and Python's bare `NaN`, `Infinity` and
 * `-Infinity`, which JSON doesn't have but its writers leave behind, are numbers.
 */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export function isJsonObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A number that JSON.parse would round or refuse; strings, so that what is in them is left alone. */
const SPECIAL = /"(?:[^"\\]|\\.)*"(\s*:)?|-?(?:NaN|Infinity)|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const MARK = '~';
/** No real metadata is nested as deep, and what walks through it by calling itself has a limit. */
const DEPTH_MAX = 500;
export const TOO_DEEP = `nested more than ${DEPTH_MAX} deep`;

/**
 * `JSON.parse` that keeps every whole number as it is written: 2^64-1 and 2^53+1 are fill values.
 *
 * @throws {SyntaxError} where the text is not JSON, or nested too deeply.
 */
export function parseExactJson(text: string): JsonValue {
  const json = parseUncheckedJson(text);
  if (!isShallow(json)) throw new SyntaxError(TOO_DEEP);
  return json;
}

/** The same, without a limit of its depth: for large documents, whose parts are checked by {@link isShallow}. */
export function parseUncheckedJson(text: string): JsonValue {
  return maySpecial(text) ? parseSpecial(text) : JSON.parse(text);
}

/** Whether what walks through a value by calling itself can do so. */
export function isShallow(json: JsonValue | undefined, depthMax = DEPTH_MAX): boolean {
  if (typeof json !== 'object' || json === null) return true;
  if (depthMax === 0) return false;
  for (const name in json) if (!isShallow((json as JsonObject)[name], depthMax - 1)) return false;
  return true;
}

function parseSpecial(text: string): JsonValue {
  checkDepth(text);
  let found = false;
  const marked = text.replace(SPECIAL, (token, colon: string | undefined) => {
    if (!token.startsWith('"')) {
      found = true;
      return `"${MARK}n${token}"`;
    }
    // A string that begins with the mark gets another one; behind an escape there may be one, too.
    return colon === undefined && /^"[~\\]/.test(token) ? `"${MARK}s${token.slice(1)}` : token;
  });
  // They may all have been in strings.
  if (!found) return JSON.parse(text);
  try {
    return JSON.parse(marked, (_key, value) => (typeof value === 'string' ? unmark(value) : value));
  } catch (error) {
    // What JSON.parse says of the marked text would name places that the text doesn't have.
    throw new SyntaxError('not JSON', { cause: error });
  }
}

/** Whether there may be a special number. Words in quotation marks are common, as fill values, and are none. */
function maySpecial(text: string): boolean {
  if (/(?:[[,:\s]|^)-?\d{16}/.test(text)) return true;
  return ['NaN', 'Infinity'].some((word) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const before = text[at - 1] === '-' ? at - 2 : at - 1;
      if (text[before] !== '"') return true;
    }
    return false;
  });
}

/** By the text, as a reviver calls itself at every level. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at + 1);
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth > DEPTH_MAX) throw new SyntaxError(TOO_DEEP);
  }
}

/** Where the quotation mark stands that ends a string. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at++;
  }
  return text.length;
}

/** `JSON.stringify` of what {@link parseExactJson} returns: bigints as they were written, NaN and infinities as text. */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, part) => plainJson(part), indent);
}

/** JSON text that {@link parseExactJson} reads as the same value. */
export function exactJsonText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(exactJsonText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${exactJsonText(part)}`);
    return `{${members.join(', ')}}`;
  }
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** The beginning of a value's text, for an error message. */
export function shownJson(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : exactJsonText(value).slice(0, 80);
}

/** The value with doubles in place of bigints: for what no large number means anything. */
export function withoutBigints<Value extends JsonValue>(value: Value): Value {
  if (!hasBigint(value)) return value;
  return JSON.parse(JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? Number(part) : part)));
}

function hasBigint(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  return Object.values(value).some(hasBigint);
}

/** A bigint or a number without a place in JSON becomes text. */
export function plainJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function unmark(text: string): string | number | bigint {
  if (!text.startsWith(MARK)) return text;
  const rest = text.slice(2);
  if (text[1] === 's') return rest;
  if (/[a-z]/.test(rest)) return Number(rest);
  const exact = BigInt(rest);
  const rounded = Number(rest);
  return Number.isSafeInteger(rounded) && BigInt(rounded) === exact ? rounded : exact;
}
