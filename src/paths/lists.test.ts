import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readList } from './lists.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-lists-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function entries(content: Uint8Array, separator: '\n' | '\0'): Promise<string[]> {
  const source = path.join(directory, 'list');
  writeFileSync(source, content);
  const all: string[] = [];
  for await (const batch of readList({ source, separator })) all.push(...batch);
  return all;
}

describe('readList()', () => {
  test('gives the bytes between separators, whether or not one follows the last', async () => {
    const entry = fc
      .uint8Array({ maxLength: 30 })
      .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0)).toString('latin1'));
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 20 }), fc.boolean(), async (asked, ends) => {
        const content = Buffer.from(asked.map((text) => `${text}\0`).join(''), 'latin1');
        const open = !ends && asked.at(-1) ? content.subarray(0, -1) : content;
        expect(await entries(open, '\0')).toEqual(asked);
      }),
      { numRuns: 50 },
    );
  });

  test('puts entries together that lie in two chunks', async () => {
    const asked = Array.from({ length: 5000 }, (_, index) => `${'directory/'.repeat(3)}${index}`);
    expect(await entries(Buffer.from(asked.join('\n')), '\n')).toEqual(asked);
  });

  test('refuses what is no list', async () => {
    await expect(entries(Buffer.alloc(1_000_000, 'a'), '\n')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/over 64 KiB: it takes line breaks between paths$/),
    });
    const source = path.join(directory, 'nosuch');
    await expect(readList({ source, separator: '\n' }).next()).rejects.toMatchObject({ kind: 'usage', code: 'ENOENT' });
    await expect(readList({ source: directory, separator: '\0' }).next()).rejects.toMatchObject({
      kind: 'usage',
      code: 'EISDIR',
    });
  });
});
