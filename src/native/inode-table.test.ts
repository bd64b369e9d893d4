import { statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canReadDirectories, readInodes } from './directory.js';
import { hashBytes, InodeTable } from './inode-table.js';

describe('InodeTable', () => {
  test('find() tells of any names, as text or bytes, the number that was added for their bytes', () => {
    const names = fc.uniqueArray(
      fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.includes('\0')),
      {
        minLength: 1,
        maxLength: 1200,
        selector: (name) => hashBytes(Buffer.from(name), 0),
      },
    );
    fc.assert(
      fc.property(names, (all) => {
        const table = new InodeTable();
        for (const [index, name] of all.entries()) table.add(hashBytes(Buffer.from(name), 0), index + 1);
        expect(table.size).toBe(all.length);
        for (const [index, name] of all.entries()) {
          expect(table.find(`/a/${name}`, 3)).toBe(index + 1);
          expect(table.find(Buffer.from(`/a/${name}`), 3)).toBe(index + 1);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe.skipIf(!canReadDirectories())(
  `readInodes()${canReadDirectories() ? '' : ' (only Linux on x64 and arm64)'}`,
  () => {
    let root: string;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'lsio-inodes-'));
      for (let index = 0; index < 3000; index++) writeFileSync(join(root, `näme ${index}`), '');
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), '');
    });
    afterAll(() => rm(root, { recursive: true }));

    test('readInodes() tells what stat tells', async () => {
      const table = (await readInodes(root, 4000))!;
      for (let index = 0; index < 3000; index++) {
        const path = join(root, `näme ${index}`);
        expect(table.find(path, root.length + 1)).toBe(statSync(path).ino);
      }
      const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]);
      expect(table.find(odd, root.length + 1)).toBe(statSync(odd).ino);
      expect(table.find(`${root}/missing`, root.length + 1)).toBe(0);
    });

    test('readInodes() gives up on a directory of more entries than it may read', async () => {
      expect(await readInodes(root, 1000)).toBeUndefined();
    });

    test('readInodes() knows nothing of what is not there', async () => {
      expect(await readInodes(join(root, 'missing'), 10)).toBeUndefined();
    });
  },
);
