/** A JSON Schema, as far as ours go. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** What says something about a schema, not about values. */
const NOTES = new Set(['$schema', '$id', '$defs', 'title', 'description']);

/**
 * Where and how `value` is not what `schema` says; nothing, if it is. A keyword that isn't known here is an error: it
 * would be taken for fulfilled.
 */
export function violations(schema: Schema, value: unknown, root = schema, at = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (NOTES.has(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword} at ${at}`);
    return check({ schema, rule, value, root, at });
  });
}

interface Check {
  readonly schema: Schema;
  // biome-ignore lint/suspicious/noExplicitAny: a rule's type depends on its keyword
  readonly rule: any;
  // biome-ignore lint/suspicious/noExplicitAny: a value has the type that the other rules ask for
  readonly value: any;
  readonly root: Schema;
  readonly at: string;
}

const KEYWORDS: Record<string, (check: Check) => string[]> = {
  $ref: ({ rule, value, root, at }) => violations(lookUp(root, rule), value, root, at),
  type: ({ rule, value, at }) =>
    unless([rule].flat().includes(typeOf(value)), `${at} is ${typeOf(value)}, not ${rule}`),
  const: ({ rule, value, at }) => unless(value === rule, `${at} is not ${rule}`),
  enum: ({ rule, value, at }) => unless(rule.includes(value), `${at} is ${value}, none of ${rule}`),
  minimum: ({ rule, value, at }) => unless(typeof value !== 'number' || value >= rule, `${at} is less than ${rule}`),
  maximum: ({ rule, value, at }) => unless(typeof value !== 'number' || value <= rule, `${at} is more than ${rule}`),
  required: ({ rule, value, at }) =>
    isObject(value) ? rule.flatMap((name: string) => unless(name in value, `${at} has no ${name}`)) : [],
  properties: ({ rule, value, root, at }) =>
    !isObject(value)
      ? []
      : Object.keys(rule).flatMap((name) =>
          name in value ? violations(rule[name], value[name], root, `${at}.${name}`) : [],
        ),
  additionalProperties: ({ schema, rule, value, root, at }) =>
    !isObject(value)
      ? []
      : Object.keys(value)
          .filter((name) => !Object.hasOwn(schema.properties ?? {}, name))
          .flatMap((name) =>
            rule === false ? [`${at} has ${name}`] : violations(rule, value[name], root, `${at}.${name}`),
          ),
  items: ({ rule, value, root, at }) =>
    !Array.isArray(value) ? [] : value.flatMap((item, index) => violations(rule, item, root, `${at}[${index}]`)),
  anyOf: ({ rule, value, root, at }) => {
    const tries = rule.map((other: Schema) => violations(other, value, root, at));
    return tries.some((found: string[]) => found.length === 0) ? [] : tries.flat();
  },
};

function unless(fine: boolean, message: string): string[] {
  return fine ? [] : [message];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function lookUp(root: Schema, pointer: string): Schema {
  const found = pointer
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((part, name) => (part as Schema | undefined)?.[name], root);
  if (found === undefined) throw new Error(`${pointer} leads nowhere`);
  return found as Schema;
}
