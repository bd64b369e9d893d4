import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'vitest';

const SCHEMAS = path.resolve(import.meta.dirname, '../../schemas');
const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true, verbose: true });
const validators = new Map<string, ValidateFunction>();

/** The schema that is published for a kind of document, such as `lsio.get/1`. */
export function schemaOf(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(SCHEMAS, `${name.replace(/\/1$/, '')}.json`), 'utf8'));
}

/** Where and how a document is not what its schema says. */
export function violations(name: string, document: unknown): string[] {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = ajv.compile(schemaOf(name));
    validators.set(name, validate);
  }
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath} ${message} ${JSON.stringify(params)}`;
  });
}

/** Expects a document to keep to the schema that it names. */
export function expectValid(document: { readonly schema: string }): void {
  expect(violations(document.schema, document)).toEqual([]);
}
