import type { Random } from '../../src/sim/random.js';

/** What has upset parsers before: limits of numbers, separators, marks, control characters, long runs. */
const TOKENS = [
  ...['-1', '0', '1e309', '9007199254740993', '18446744073709551616', '-0', '.5', '0x10', '1_000', 'NaN', '٣', '1e5'],
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '=', '@', '..', '../', '/', '//', '#', '?', '%', '%2', '%ff', '&', '+'],
  ...[
    '\0',
    '\n',
    '\r\n',
    '\t',
    '\u001b[31m',
    '\u202e',
    '\ufeff',
    '\ud800',
    'é',
    '𝟙',
    ' ',
    '-',
    '--',
    '*',
    '(',
    '(((((((((',
  ],
  ...['null', 'true', '{}', '[]', '""', '__proto__', 'constructor', 'toString', 'a'.repeat(300), '9'.repeat(40)],
];
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    0.5,
    2 ** 53,
    1e308,
    '',
    'x',
    '\0',
    '9'.repeat(30),
    [],
    {},
    [[]],
    [null],
    { a: 1 },
    [1, 2, 3],
    -0,
  ],
];

/** A text like the given one, with some of it taken away, doubled, replaced or put in. */
export function mutated(random: Random, text: string): string {
  let result = text;
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(result.length + 1);
    const to = Math.min(result.length, at + random.below(random.pick([2, 8, 40])));
    const middle = random.pick([
      '',
      random.pick(TOKENS),
      random.pick(TOKENS),
      result.slice(at, to).repeat(2),
      String.fromCharCode(random.below(256)),
    ]);
    result = result.slice(0, at) + middle + result.slice(to);
  }
  return result;
}

/** A JSON value like the given one, with one of its values replaced, doubled or gone. */
export function mutatedJson(random: Random, value: unknown): unknown {
  const copy = structuredClone(value);
  const places: { readonly of: Record<string, unknown>; readonly key: string }[] = [];
  function collect(part: unknown): void {
    if (typeof part !== 'object' || part === null) return;
    for (const key of Object.keys(part)) {
      places.push({ of: part as Record<string, unknown>, key });
      collect((part as Record<string, unknown>)[key]);
    }
  }
  collect(copy);
  if (places.length === 0) return random.pick(VALUES);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const { of, key } = random.pick(places);
    const old = of[key];
    const some = random.below(4);
    if (some === 0) delete of[key];
    else if (some === 1) of[random.pick(TOKENS)] = old;
    else if (some === 2 && typeof old === 'string') of[key] = mutated(random, old);
    else of[key] = structuredClone(random.pick(VALUES));
  }
  return copy;
}
