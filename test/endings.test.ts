import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../src/cli/app/context.js';
import { COMMANDS } from '../src/cli/commands.js';
import { runProgram } from '../src/cli/program.js';
import { isLsioError } from '../src/errors.js';
import { ROOT } from './helpers/engine-child.js';
import { runLsio, runScript, startLsio, statusOf } from './helpers/run-lsio.js';

const CONTEXT: Context = { signal: new AbortController().signal, stop() {}, debug: false };
/** As many as start the thread that writes. */
const FILES = 1200;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-endings-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Valued {
  readonly command: string;
  readonly args: readonly string[];
  readonly option: string;
}

/** Every option that takes a value, of every command. */
async function optionsWithValues(): Promise<Valued[]> {
  const found: Valued[] = [];
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const command = new Command(name);
    (await load()).define(command, CONTEXT);
    for (const each of [command, ...command.commands]) {
      const args = each === command ? [name] : [name, each.name()];
      const given = each.registeredArguments.filter(({ required }) => required);
      const values = given.map(({ argChoices }) => argChoices?.[0] ?? 'nosuch');
      for (const option of each.options) {
        if (option.required) found.push({ command: args.join(' '), args: [...args, ...values], option: option.long! });
      }
    }
  }
  return found;
}

describe('an empty value', () => {
  test('of any option of any command is a usage error that names the option', async () => {
    const options = await optionsWithValues();
    expect(options.length).toBeGreaterThan(60);
    for (const { command, args, option } of options) {
      for (const given of [[option, ''], [`${option}=`]]) {
        const error = await runProgram([...args, ...given], CONTEXT).catch((error: unknown) => error);
        expect(isLsioError(error, 'usage'), `${command} ${given}: ${error}`).toBe(true);
        expect((error as Error).message, command).toContain(option);
      }
    }
  });

  test('of -o writes nothing below /', () => {
    const name = `lsio-probe-${process.pid}`;
    writeFileSync(path.join(directory, name), 'x');
    const { status, stderr } = runLsio(['get', '--overwrite', name, '-o', ''], { cwd: directory });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'lsio: --output-dir is empty\n  → check the variable that it came from, or leave it out\n',
    });
    expect(readdirSync('/')).not.toContain(name);
  });

  test.each([
    [['get', ''], 'argument paths'],
    [['get', 'a', ''], 'argument paths'],
    [['doctor', ''], 'argument directories'],
    [['cache', 'evict', ''], 'argument paths'],
  ])('as an argument is refused: %j', (args, name) => {
    const { status, stderr } = runLsio(args, { cwd: directory });
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`lsio: ${name} is empty\n`),
    });
  });
});

describe('a command that fails', () => {
  beforeAll(() => {
    runScript(`mkdir many; cd many; seq ${FILES} | split -l 1 -a 4`, { cwd: directory });
  });

  test.each([
    ['the engine has too few descriptors', 'ulimit -n 300; ', ['--queue-depth', '1000']],
    ['liburing is not there', 'export LSIO_LIBURING=/nonexistent; ', []],
  ])('ends when %s, although a thread was to write', (_, shell, args) => {
    const out = mkdtempSync(path.join(directory, 'out-'));
    const command = `lsio get -q -r many -o ${out} --engine uring ${args.join(' ')}`;
    const { status, stderr } = runScript(`${shell}${command}`, { cwd: directory });
    expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringMatching(/^lsio: /) });
  });

  test.each([
    ['a timer', 'setInterval(() => {}, 1000);'],
    ['a thread', `new (require('node:worker_threads').Worker)('setInterval(() => {}, 1000)', { eval: true });`],
    ['a server', `require('node:net').createServer().listen(0);`],
  ])('ends although %s is left open', (_, leave) => {
    expect(runCommand(`${leave} throw new LsioError('output', 'by the test');`)).toEqual({
      status: 4,
      stderr: 'lsio: by the test\n',
    });
  });

  test('is a broken invariant when it waits for nothing', () => {
    expect(runCommand('return new Promise(() => {});')).toEqual({
      status: 70,
      stderr: expect.stringMatching(/^lsio: the command has not ended, and waits for nothing\n/),
    });
  });
});

/** Runs the program with a command of the test's own. */
function runCommand(action: string): { status: number | null; stderr: string } {
  const program = `
    import { createRequire } from 'node:module';
    import { COMMANDS } from '${ROOT}/dist/cli/commands.js';
    import { main } from '${ROOT}/dist/cli/main.js';
    import { LsioError } from '${ROOT}/dist/errors.js';
    const require = createRequire(import.meta.url);
    COMMANDS.own = { summary: '', load: async () => ({ define: (command) => command.action(async () => { ${action} }) }) };
    main(['own']);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { status, stderr };
}

test('SIGHUP leaves no temporary file', async () => {
  runScript('truncate -s 3G sparse; mkdir hup', { cwd: directory });
  const child = startLsio(['get', '-q', '-o', 'hup', '--overwrite', 'sparse'], { cwd: directory });
  while (readdirSync(path.join(directory, 'hup')).length === 0) await sleep(5);
  child.kill('SIGHUP');
  expect(await statusOf(child)).toBe(129);
  expect(readdirSync(path.join(directory, 'hup'))).toEqual([]);
});
