/** A name and the conditions on keys under which it holds. */
export interface Concept {
  readonly name: string;
  readonly paramId: number | undefined;
  readonly conditions: readonly (readonly [key: string, value: string])[];
}

/** The value of a key of a field as text, or `undefined` where the field lacks it. */
export type KeyValue = (key: string) => string | undefined;

/** ecCodes' rule: of the names whose conditions all hold, the one with the most; of equals, the last. */
export function bestConcept(concepts: Iterable<Concept>, keyValue: KeyValue): Concept | undefined {
  let best: Concept | undefined;
  for (const concept of concepts) {
    const { conditions } = concept;
    if (best !== undefined && conditions.length < best.conditions.length) continue;
    if (conditions.every(([key, value]) => keyValue(key) === value)) best = concept;
  }
  return best;
}

/** Parses `key=value` conditions whose keys are numbers, base 36, of a list. */
export function conditionsOf(texts: readonly string[], keys: readonly string[]): (readonly [string, string])[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    return [keys[Number.parseInt(text.slice(0, at), 36)]!, text.slice(at + 1)] as const;
  });
}
