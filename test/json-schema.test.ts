import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { schemaOf, violations } from './helpers/documents.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const NAMES = readdirSync(path.join(ROOT, 'schemas')).map((file) => file.replace(/\.json$/, '/1'));

describe('schemas', () => {
  test.each(NAMES)('%s is for its document, takes a failed one, and refuses others', (name) => {
    expect(schemaOf(name).$id).toBe(name);
    expect(violations(name, {})).not.toEqual([]);
    expect(violations(name, { schema: name })).not.toEqual([]);
    const failed = { schema: name, error: { kind: 'usage', message: '' }, exitCode: 2 };
    expect(violations(name, failed)).toEqual([]);
    expect(violations(name, { ...failed, other: 1 })).not.toEqual([]);
    expect(violations(name, { ...failed, exitCode: 0 })).not.toEqual([]);
    expect(violations(name, { ...failed, error: { kind: 'none of these', message: '' } })).not.toEqual([]);
    expect(violations(name, { ...failed, schema: 'lsio.other/1' })).not.toEqual([]);
  });

  test('hold numbers to what they count', () => {
    const item = { path: 'a', offset: 0, bytes: 1 };
    const document = {
      schema: 'lsio.get/1',
      engine: 'node',
      engineReason: '',
      failed: 0,
      bytes: 1,
      reads: 1,
      bytesRead: 1,
      wallNs: 5,
    };
    expect(violations('lsio.get/1', { ...document, items: [item] })).toEqual([]);
    for (const bytes of [-1, 0.5, '1', null]) {
      expect(violations('lsio.get/1', { ...document, items: [{ ...item, bytes }] })).not.toEqual([]);
    }
    expect(violations('lsio.get/1', { ...document, items: [{ ...item, more: 1 }] })).not.toEqual([]);
  });
});
