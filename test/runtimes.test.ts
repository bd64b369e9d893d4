import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring, PERMISSION, ROOT } from './helpers/engine-child.js';

/*
 * Where the library runs besides plain Node: in a user's bundle, under Node's permission model, on Bun. Each has to read
 * the right bytes, and to say which engine and how many rings did so.
 */

/** Reads a file of its own; prints the engine and whether the bytes are right. */
function program(entry: string): string {
  return `
    import { writeFileSync } from 'node:fs';
    import { LocalStore } from '${entry}';
    const store = await LocalStore.open(DIRECTORY, { engine: ENGINE, rings: RINGS });
    let right = 0;
    for await (const batch of store.getMany(Array(500).fill({ key: '/bytes' }))) {
      for (const { bytes } of batch) {
        if (bytes.length === 5000 && bytes.every((byte, at) => byte === at % 251)) right++;
      }
    }
    const { engine, rings, reason } = store.info;
    await store.close();
    console.log(JSON.stringify({ right, engine, rings, reason }));`;
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-runtimes-'));
  writeFileSync(path.join(directory, 'bytes'), Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251)));
  // What a bundle leaves outside of itself.
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function settings(engine: string, rings: number): string {
  return `const DIRECTORY = '${directory}', ENGINE = '${engine}', RINGS = ${rings};`;
}

function run(command: string, args: readonly string[]): unknown {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  expect({ status, signal, stderr }).toMatchObject({ status: 0, signal: null });
  return JSON.parse(stdout);
}

/** Makes one file of the program and the library. `fileless`: as bundlers do that know no place of a module. */
async function bundleOf(name: string, rings: number, { fileless }: { readonly fileless: boolean }): Promise<string> {
  const source = path.join(directory, `${name}.src.mjs`);
  const body = program(`${ROOT}/dist/index.js`).replace('const store', `${settings('auto', rings)}\nconst store`);
  // CommonJS has no await outside of functions.
  const [imports, rest] = [body.slice(0, body.indexOf('const DIRECTORY')), body.slice(body.indexOf('const DIRECTORY'))];
  writeFileSync(source, fileless ? `${imports} (async () => { ${rest} })();` : body);
  const bundle = await rolldown({
    input: source,
    platform: 'node',
    external: ['koffi'],
    logLevel: 'silent',
    ...(fileless && { transform: { define: { 'import.meta.url': 'undefined' } } }),
  });
  const folder = path.join(directory, name);
  const [format, ending] = fileless ? (['cjs', 'cjs'] as const) : (['esm', 'mjs'] as const);
  await bundle.write({ dir: folder, format, entryFileNames: `main.${ending}`, codeSplitting: false });
  await bundle.close();
  return path.join(folder, `main.${ending}`);
}

describe.skipIf(noUring !== undefined)(named('in a bundle of its user', noUring), () => {
  test.each([
    { name: 'esm', fileless: false },
    { name: 'cjs without import.meta.url', fileless: true },
  ])('$name: io_uring reads, and with two rings asked for one does, which is said', async ({ name, fileless }) => {
    const one = await bundleOf(`${name}-1`, 1, { fileless });
    expect(run(process.execPath, [one])).toEqual({
      right: 500,
      engine: 'uring',
      rings: 1,
      reason: 'io_uring works here',
    });
    const two = await bundleOf(`${name}-2`, 2, { fileless });
    expect(run(process.execPath, [two])).toEqual({
      right: 500,
      engine: 'uring',
      rings: 1,
      reason: expect.stringMatching(/^io_uring works here; 1 of 2 rings: the ring thread/),
    });
  });
});

describe('under the permission model', () => {
  const flags = [PERMISSION, '--no-warnings', '--allow-fs-read=*', '--allow-fs-write=*'];

  function script(name: string, engine: string, rings: number): string {
    const file = path.join(directory, name);
    writeFileSync(file, settings(engine, rings) + program(`${ROOT}/dist/index.js`));
    return file;
  }

  test.skipIf(noUring !== undefined)(named('without threads one ring reads, which is said', noUring), () => {
    expect(run(process.execPath, [...flags, '--allow-addons', script('threads.mjs', 'uring', 3)])).toEqual({
      right: 500,
      engine: 'uring',
      rings: 1,
      reason: expect.stringMatching(/^asked for; 1 of 3 rings: the ring thread: Access to this API/),
    });
  });

  test('without add-ons the portable engine reads', () => {
    expect(run(process.execPath, [...flags, script('addons.mjs', 'auto', 2)])).toMatchObject({
      right: 500,
      engine: 'node',
      rings: 1,
    });
  });
});

/** Bun for this platform, from npm, which needs no install script; or why it can't be had. */
function installBun(): { readonly bun: string; readonly skip: string | undefined } {
  const version = '1.4.5';
  const home = path.join(ROOT, 'node_modules/.cache/lsio', `bun-${version}`);
  const bun = path.join(home, 'node_modules/@oven/bun-linux-x64/bin/bun');
  if (existsSync(bun)) return { bun, skip: undefined };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { bun, skip: 'only tried on Linux, x64' };
  mkdirSync(home, { recursive: true });
  const install = ['install', '--ignore-scripts', '--no-save', '--prefix', home, `@oven/bun-linux-x64@${version}`];
  const { status } = spawnSync('npm', install, { encoding: 'utf8', timeout: 120_000 });
  return { bun, skip: status === 0 ? undefined : 'npm could not install @oven/bun-linux-x64' };
}

describe('on Bun', () => {
  const { bun, skip } = installBun();
  test.skipIf(skip !== undefined).each([1, 2])(
    named('engine auto reads with what works there, %i rings asked for', skip),
    (rings) => {
      const file = path.join(directory, 'bun.mjs');
      writeFileSync(file, settings('auto', rings) + program(`${ROOT}/dist/index.js`));
      const answer = run(bun, [file]) as { engine: string; reason: string };
      expect(answer).toMatchObject({ right: 500 });
      expect(answer.reason).toMatch(answer.engine === 'uring' ? /works here/ : /eventfd|koffi|liburing|io_uring/);
    },
  );
});
