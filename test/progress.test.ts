import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named } from './helpers/engine-child.js';
import { runScript } from './helpers/run-lsio.js';

const LSIO = path.resolve(import.meta.dirname, '../bin/lsio.js');
const noScript =
  runScript('command -v script').status === 0 ? undefined : 'no pseudo-terminal: apt-get install bsdutils';
const ESC = '\u001b';
const TOKENS = new RegExp(`\\r|\\n|${ESC}\\[K|${ESC}.{0,4}|[^\\r\\n${ESC}]+`, 'g');
/** More than can be read before a test ends. */
const ENDLESS_BYTES = 2 ** 42;

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'lsio-progress-'));
  writeFileSync(path.join(cwd, 'a'), 'aaa');
  writeFileSync(path.join(cwd, 'endless'), '');
  truncateSync(path.join(cwd, 'endless'), ENDLESS_BYTES);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/**
 * Runs bash on a terminal of 60 columns; what `typist` writes is typed there. In the script `lsio` is the built binary; in
 * both `shown TEXT` waits until that has stood on the screen.
 */
function onTerminal(script: string, typist = 'sleep 0.1') {
  const shown = 'shown() { for _ in {1..400}; do grep -qF -- "$1" "$SCREEN" && break; sleep 0.05; done; }';
  const shell = `${shown}; stty cols 60; lsio() { "$NODE" "$LSIO" "$@"; }; trap : INT\n${script}`;
  const screen = path.join(cwd, 'screen');
  writeFileSync(screen, '');
  const env = { SHELL_SCRIPT: shell, NODE: process.execPath, LSIO, SCREEN: screen };
  const terminal = `script -qefc 'bash -c "$SHELL_SCRIPT"' "$SCREEN"`;
  const { stdout } = runScript(`${shown}; (${typist}) | ${terminal}`, { cwd, env });
  return stdout.toString();
}

/**
 * What stands on the screen at the end, and every text that ever stood on a line. The only controls are those of a line
 * drawn over: any other is an error.
 */
function look(output: string): { screen: string; drawn: string[] } {
  const lines = [''];
  const drawn: string[] = [];
  let column = 0;
  for (const [token] of output.matchAll(TOKENS)) {
    const line = lines.at(-1)!;
    if (token === '\r') column = 0;
    else if (token === '\n') lines.push('');
    else if (token === `${ESC}[K`) lines[lines.length - 1] = line.slice(0, column);
    else if (token.startsWith(ESC)) throw new Error(`what is ${JSON.stringify(token)}?`);
    else {
      lines[lines.length - 1] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
      drawn.push(token);
    }
  }
  return { screen: lines.join('\n'), drawn };
}

describe('progress on a terminal', () => {
  test.skipIf(noScript !== undefined)(
    named('is drawn over, spares what is said meanwhile, and goes away', noScript),
    () => {
      const list = '(echo a; shown "1 items  3 B"; echo nosuch; shown "2 items  3 B"; echo a)';
      const beganMs = performance.now();
      const { screen, drawn } = look(onTerminal(`${list} | lsio get --engine node --discard --files-from -`));
      expect(screen).toMatch(
        /^lsio: nosuch: no such file or directory \(ENOENT\)\n2 items, 6 B in [^\n]*, 1 failed\n$/,
      );
      expect(drawn).toContain('1 items  3 B  0.0 MiB/s');
      expect(drawn).toContain('2 items  3 B  0.0 MiB/s');
      // Once after a second, then five times a second at most; and the summary.
      const draws = 1 + Math.ceil((performance.now() - beganMs - 1000) / 200);
      expect(drawn.filter((line) => line.includes('MiB/s')).length).toBeLessThanOrEqual(draws + 1);
    },
  );

  test.skipIf(noScript !== undefined)(named('has a bar and the time left where the total is known', noScript), () => {
    const script = 'lsio get --engine node -o out a endless; echo "exit $?"; find out -name ".lsio-*"; cat out/a';
    const { screen, drawn } = look(onTerminal(script, 'shown "1/2 items"; printf "\\003"; shown "exit "'));
    // A terminal of 60 columns has room for so much of it.
    expect(drawn.join('\n')).toMatch(/^\[==========----------\] {2}50% {2}1\/2 items {2}\d[^\n]{1,26}$/m);
    // The first Ctrl-C says what was delivered, which is what is found afterwards.
    expect(screen).toMatch(/^1 item, 3 B in [^\n]*, engine [a-z]+, stopped\n1 of 2 items written[^\n]*\nexit 130\naaa/);
    expect(screen).not.toContain('[====');
  });

  test.skipIf(noScript !== undefined)(named('-q and --progress never show none', noScript), () => {
    const list = '(echo a; sleep 1.3)';
    const script = `${list} | lsio get --engine node -q --discard --files-from -; ${list} | lsio get --engine node --progress never --discard -`;
    expect(onTerminal(script)).toMatch(/^1 item, 3 B in [^\r]*\r\n$/);
  });
});
