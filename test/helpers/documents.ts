import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

const SCHEMAS = path.resolve(import.meta.dirname, '../../schemas');
const OPTIONS = { strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true, verbose: true };
const ajv = new Ajv(OPTIONS);
/** For schemas that are written by hand. */
const ajv2020 = new Ajv2020(OPTIONS);
const validators = new Map<string, ValidateFunction>();

/** The schema that is published for a kind of document, such as `lsio.get/1`. */
export function schemaOf(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(SCHEMAS, `${name.replace(/\/1$/, '')}.json`), 'utf8'));
}

/** Where and how a document is not what its schema says. */
export function violations(name: string, document: unknown): string[] {
  let validate = validators.get(name);
  if (validate === undefined) {
    const schema = schemaOf(name);
    validate = String(schema.$schema).includes('2020') ? ajv2020.compile(schema) : ajv.compile(schema);
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
