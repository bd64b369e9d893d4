#!/usr/bin/env node
// Derives schemas/*.json from the types of the documents, where each is declared. Usage: make-schemas [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

/** @typedef {Record<string, any>} Schema */

/** The type of each command's document. */
const DOCUMENTS = [
  { command: 'get', file: 'src/results/get.ts', type: 'GetDocument' },
  { command: 'cache', file: 'src/results/cache.ts', type: 'CacheDocument' },
  { command: 'files', file: 'src/results/files.ts', type: 'FilesDocument' },
  { command: 'doctor', file: 'src/results/doctor.ts', type: 'DoctorDocument' },
  { command: 'info', file: 'src/results/info.ts', type: 'InfoDocument' },
  { command: 'read', file: 'src/results/read.ts', type: 'ReadDocument' },
  { command: 'crops', file: 'src/results/crops.ts', type: 'CropsDocument' },
  { command: 'grib-ls', file: 'src/results/grib-ls.ts', type: 'GribLsDocument' },
  { command: 'stats', file: 'src/results/stats.ts', type: 'StatsDocument' },
  { command: 'series', file: 'src/results/series.ts', type: 'SeriesDocument' },
  { command: 'bench', file: 'src/cli/bench/documents.ts', type: 'BenchDocument' },
  { command: 'bench-url', file: 'src/cli/bench/documents.ts', type: 'UrlBenchDocument' },
  { command: 'compare-fio', file: 'src/cli/bench/documents.ts', type: 'CompareDocument' },
  { command: 'tune', file: 'src/cli/bench/documents.ts', type: 'TuneDocument' },
];

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));
const check = process.argv.includes('--check');

for (const document of DOCUMENTS) {
  const name = `schemas/lsio.${document.command}.json`;
  const text = `${jsonText(schemaOf(document))}\n`;
  if (existsSync(name) && readFileSync(name, 'utf8') === text) continue;
  if (check) fail(name, `differs from ${document.type} in ${document.file}`, 'scripts/make-schemas.js writes it anew');
  else writeFileSync(name, text);
}
for (const name of readdirSync('schemas')) {
  if (DOCUMENTS.some(({ command }) => name === `lsio.${command}.json`)) continue;
  process.stderr.write(`schemas/${name}: written by hand: declare its document in src/results/\n`);
}

/** @param {string} name @param {string} what @param {string} remedy */
function fail(name, what, remedy) {
  process.stderr.write(`${name}: ${what}: ${remedy}\n`);
  process.exitCode = 1;
}

/** @param {{ command: string, file: string, type: string }} document @returns {Schema} */
function schemaOf({ command, file, type }) {
  const options = {
    path: file,
    type,
    tsconfig: 'tsconfig.build.json',
    skipTypeCheck: true,
    additionalProperties: false,
  };
  const { $schema, $ref, definitions = {} } = createGenerator(options).createSchema(type);
  const [all, others] = withoutReference($ref, definitions);
  const head = {
    $schema,
    $id: `lsio.${command}/1`,
    title: `lsio ${command.replace('grib-', 'grib ')} --json`,
    description: all.description,
  };
  return plain({ ...head, ...merged(all), definitions: others });
}

/**
 * The schema that the document's type refers to, and the definitions without those on the way to it.
 *
 * @param {string | undefined} reference @param {Record<string, any>} definitions
 * @returns {[Schema, Record<string, Schema>]}
 */
function withoutReference(reference, definitions) {
  const { ...others } = definitions;
  /** @type {Schema} */
  let schema = { $ref: reference };
  while (schema.$ref !== undefined) {
    const name = decodeURIComponent(schema.$ref.replace('#/definitions/', ''));
    const { description = definitions[name].description } = schema;
    schema = { ...definitions[name], description };
    delete others[name];
  }
  return [schema, others];
}

/**
 * Alternatives that differ only in what is required, as one object.
 *
 * @param {Schema} schema @returns {Schema}
 */
function merged({ anyOf, ...rest }) {
  /** @type {Schema[]} */
  const alternatives = anyOf ?? [];
  if (alternatives.length === 0) return rest;
  /** @type {Record<string, Schema>} */
  const properties = {};
  for (const [key, value] of alternatives.flatMap((each) => Object.entries(each.properties ?? {}))) {
    if (properties[key] === undefined) properties[key] = value;
    else if (JSON.stringify(properties[key]) !== JSON.stringify(value)) return { ...rest, anyOf };
  }
  const required = alternatives.map((each) => each.required ?? []);
  return {
    ...rest,
    type: 'object',
    properties,
    anyOf: required.map((names) => ({ required: names })),
    additionalProperties: false,
  };
}

/**
 * Names of definitions without the characters of type arguments: a reference is a URI.
 *
 * @param {Schema} schema @returns {Schema}
 */
function plain(schema) {
  const text = JSON.stringify(schema).replace(/"#\/definitions\/([^"]+)"/g, (_, name) => {
    return `"#/definitions/${plainName(decodeURIComponent(name))}"`;
  });
  const { definitions, ...rest } = JSON.parse(text);
  const entries = Object.entries(definitions).map(([name, value]) => [plainName(name), value]);
  return { ...rest, definitions: Object.fromEntries(entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))) };
}

/** In lines of up to 120 characters. @param {unknown} value @param {string} [indent] @returns {string} */
function jsonText(value, indent = '') {
  const line = JSON.stringify(value, undefined, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/\[ | \]/g, (bracket) => bracket.trim());
  if (indent.length + line.length < 110 || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => jsonText(each, inner))
    : Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .map(([key, each]) => `${JSON.stringify(key)}: ${jsonText(each, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** @param {string} name */
function plainName(name) {
  return name.replace(/[^\w-]+/g, '-').replace(/^-|-$/g, '');
}
