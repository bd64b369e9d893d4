import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const COMPILERS = {
  'the TypeScript of this project': path.join(ROOT, 'node_modules/typescript/bin/tsc'),
  'TypeScript 5.4': path.join(ROOT, 'tools/typescript-5.4/node_modules/typescript/bin/tsc'),
};

/** A program that uses what the package exports. */
const PROGRAM = `
import { asAsyncBuffer, getRanges, isLsioError, type Key, LocalStore, type Store, withLimit, withPrefix } from 'light-speed-io';

export async function run(key: string, bytesKey: Uint8Array): Promise<number> {
  const store = await LocalStore.open('.', { engine: 'auto' });
  const keys: Key[] = [key, bytesKey];
  const whole = await store.get(key);
  const part = await store.getRange(bytesKey, { offset: 0, length: 4 });
  if (whole === undefined || part === undefined) return keys.length;
  let bytes = whole.length;
  for await (const batch of store.getMany([{ key, id: 7 }], { ordered: true })) {
    for (const item of batch) {
      const id: number = item.request.id;
      if (item.ok) {
        const lease = item.lease();
        bytes += lease.bytes.length + id;
        lease.release();
      } else bytes -= item.error.message.length;
    }
  }
  for await (const batch of store.getMany(store.list())) for (const { request } of batch) bytes += request.key.length;
  for await (const batch of store.getMany([[{ key }]])) for (const { request } of batch) bytes += request.key.length;
  const wrapped: Store = withLimit(withPrefix(store, '/a'), 4);
  const ranges = await getRanges(wrapped, key, [{ offset: 0 }, { suffixLength: 3 }]);
  const file = await asAsyncBuffer(wrapped, key);
  bytes += (await file.slice(0, 4)).byteLength + (ranges?.length ?? 0);
  await store.close().catch((error: unknown) => {
    if (isLsioError(error, 'closed')) bytes++;
  });
  return bytes;
}
`;
/** Where these types are there, the package's are the same. */
const WITH_SIGNAL = `
import { LocalStore } from 'light-speed-io';

export async function run(store: LocalStore, signal: AbortSignal): Promise<void> {
  await store.get('/a', { signal });
  for await (const batch of store.getMany([{ key: '/a' }], { signal })) void batch;
}
`;
/** From 5.7 on: memory of one's own is no SharedArrayBuffer. */
const WITH_OWNED = `
import { LocalStore } from 'light-speed-io';

export async function run(store: LocalStore): Promise<ArrayBuffer | undefined> {
  const whole: Uint8Array<ArrayBuffer> | undefined = await store.get('/a');
  return whole?.buffer;
}
`;
const WRONG = `
import { LocalStore } from 'light-speed-io';

export const store = LocalStore.open('.', { depth: 7 });
`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-types-'));
  mkdirSync(path.join(directory, 'node_modules'));
  symlinkSync(ROOT, path.join(directory, 'node_modules/light-speed-io'));
  symlinkSync(path.join(ROOT, 'node_modules/@types'), path.join(directory, 'node_modules/@types'));
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a compiler says of programs, with the package's own types checked as well. */
function compile(compiler: string, programs: string[], { lib, types }: { lib: string[]; types: string[] }): string {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
  };
  const compilerOptions = { target: 'es2022', module: 'nodenext', noEmit: true, lib, types, ...strict };
  const files = programs.map((program, at) => {
    writeFileSync(path.join(directory, `program-${at}.ts`), program);
    return `program-${at}.ts`;
  });
  writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return spawnSync(process.execPath, [compiler, '-p', directory], { encoding: 'utf8' }).stdout;
}

describe.each(Object.entries(COMPILERS))('the types of the package, with %s', (name, compiler) => {
  test.each([
    { lib: ['es2022'], types: [] },
    { lib: ['es2022', 'dom'], types: [] },
    { lib: ['es2022'], types: ['node'] },
  ])('compile with %j', (options) => {
    const programs = [PROGRAM];
    if (options.lib.includes('dom') || options.types.length > 0) programs.push(WITH_SIGNAL);
    if (name !== 'TypeScript 5.4') programs.push(WITH_OWNED);
    expect(compile(compiler, programs, options)).toBe('');
  });

  test('refuse an option that there is not', () => {
    expect(compile(compiler, [WRONG], { lib: ['es2022'], types: [] })).toContain("'depth'");
  });
});
