import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { named } from './helpers/engine-child.js';
import { documentOf, runLsio, runScript } from './helpers/run-lsio.js';

const LSIO = path.resolve(import.meta.dirname, '../bin/lsio.js');
const BOM = '\ufeff';
/** Names of which none is UTF-8 all through, as bytes. */
const ODD = ['a\xffb', '\xff\xfe', '\xc3\xbc\xff', '\xed\xb2\x80', 'x\xe2\x82', '\xef\xbf\xbd\x80'];
const noScript =
  runScript('command -v script').status === 0 ? undefined : 'no pseudo-terminal: apt-get install bsdutils';
const noPython = runScript('command -v python3').status === 0 ? undefined : 'no python3: apt-get install python3';

let directory = '';
let cwd = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-names-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  cwd = mkdtempSync(path.join(directory, 'case-'));
});

function get(args: readonly string[], input = '') {
  const { status, stdout, stderr } = runLsio(['get', '-q', ...args], { cwd, input });
  return { status, stdout: stdout.toString(), stderr };
}

interface Item {
  readonly path: string;
  readonly digest?: string;
  readonly error?: { readonly remedy?: string };
}

describe('names that are not UTF-8', () => {
  beforeEach(() => {
    mkdirSync(path.join(cwd, 't'));
    for (const [index, name] of ODD.entries()) {
      writeFileSync(Buffer.concat([Buffer.from(`${cwd}/t/`), Buffer.from(name, 'latin1')]), `file ${index}`);
    }
  });

  test('of the JSON document are found again by --requests', () => {
    const args = ['get', '-q', '-r', 't', '--discard', '--json', '--checksum', 'sha256'];
    const first = documentOf(runLsio(args, { cwd }));
    const items = first.items as Item[];
    expect(items).toHaveLength(ODD.length);
    const requests = items.map((item) => JSON.stringify({ path: item.path, id: item.digest })).join('\n');
    const again = ['get', '-q', '--requests', '-', '--discard', '--json', '--checksum', 'sha256'];
    const second = documentOf(runLsio(again, { cwd, input: requests }));
    expect((second.items as Item[]).map(({ path, digest }) => ({ path, digest }))).toEqual(
      items.map(({ path, digest }) => ({ path, digest })),
    );
    expect(second.failed).toBe(0);
  });

  test('of failed items and of a dry run come back, too', () => {
    const request = '{"path":"no\\udcffsuch"}\n';
    const failed = documentOf(
      runLsio(['get', '-q', '--requests', '-', '--discard', '--json'], { cwd, input: request }),
    );
    expect(failed.items).toMatchObject([{ path: 'no\udcffsuch' }]);
    const plan = documentOf(runLsio(['get', '-q', '-r', 't', '--dry-run', '--json'], { cwd }));
    expect((plan.items as Item[]).map((item) => item.path)).toContain('t/a\udcffb');
  });

  test.skipIf(noPython !== undefined)(named('are those of Python', noPython), () => {
    const { stdout } = runLsio(['get', '-q', '-r', 't', '--discard', '--json'], { cwd });
    writeFileSync(path.join(cwd, 'doc'), stdout);
    const python = `import json, os; print(all(os.path.exists(i["path"]) for i in json.load(open("doc"))["items"]),
      sorted(i["path"] for i in json.load(open("doc"))["items"]) == sorted("t/" + n for n in os.listdir("t")))`;
    const result = runScript(`python3 -c '${python}'`, { cwd });
    expect(result).toMatchObject({ stdout: Buffer.from('True True\n'), stderr: '' });
  });

  test('are kept by lsio cache --json', () => {
    const { items } = documentOf(runLsio(['cache', 'status', '--json', 't'], { cwd })) as { items: Item[] };
    expect(items.map((item) => item.path)).toContain('t/a\udcffb');
  });
});

describe('lists', () => {
  beforeEach(() => {
    for (const name of ['a', 'b']) writeFileSync(path.join(cwd, name), name.repeat(3));
  });

  test.each([
    ['a byte order mark', `${BOM}a\nb\n`],
    ['carriage returns', 'a\r\nb\r\n'],
    ['both, blank lines, and no end', `${BOM}a\r\n\r\n\r\nb`],
    ['a range', 'a\r\nb#bytes=0-9\r\n'],
  ])('that Windows saved are read: %s', (_, list) => {
    expect(get(['--files-from', '-'], list)).toEqual({ status: 0, stdout: 'aaabbb', stderr: '' });
    expect(get(['-', '--strict'], list)).toEqual({ status: 0, stdout: 'aaabbb', stderr: '' });
    writeFileSync(path.join(cwd, 'list'), list);
    expect(get(['--files-from', 'list'])).toEqual({ status: 0, stdout: 'aaabbb', stderr: '' });
  });

  test('of requests, too', () => {
    const list = `${BOM}{"path":"a"}\r\n\r\n{"path":"b"}\r\n`;
    expect(get(['--requests', '-'], list)).toEqual({ status: 0, stdout: 'aaabbb', stderr: '' });
    expect(get(['--requests', '-', '--strict'], list)).toEqual({ status: 0, stdout: 'aaabbb', stderr: '' });
  });

  test('find files that really have such names', () => {
    writeFileSync(path.join(cwd, 'a\r'), 'return');
    writeFileSync(path.join(cwd, `${BOM}b`), 'mark');
    expect(get(['-'], `${BOM}b\na\r\na\n`)).toEqual({ status: 0, stdout: 'markreturnaaa', stderr: '' });
  });

  test('with NUL bytes are exact', () => {
    expect(get(['--files0-from', '-'], 'a\0b\r\0')).toEqual({
      status: 1,
      stdout: 'aaa',
      stderr: 'lsio: b\\x0d: no such file or directory (ENOENT)\n',
    });
  });
});

describe('what is no path', () => {
  const quoted = 'a shell expands ~ only where it is not quoted';

  test.each([
    ['~/x', `${quoted}: /home/me/x`],
    ['~', `${quoted}: /home/me`],
    ['~other/x', quoted],
  ])('is answered with what is meant: %s', (name, hint) => {
    const result = runLsio(['get', '-q', name], { cwd, env: { HOME: '/home/me' } });
    expect(result).toMatchObject({
      status: 1,
      stderr: `lsio: ${name}: no such file or directory (ENOENT) (${hint})\n`,
    });
    const list = runLsio(['get', '-q', '--discard', '--json', '-'], { cwd, env: { HOME: '/home/me' }, input: name });
    expect((documentOf(list).items as Item[])[0]?.error?.remedy).toBe(hint);
  });

  test('but a file: URL is the path that it means', () => {
    writeFileSync(path.join(cwd, 'a b#c'), 'content');
    const url = `file://${cwd}/a%20b%23c`;
    expect(get([url, `${url}#bytes=0-2`])).toEqual({ status: 0, stdout: 'contentcon', stderr: '' });
    const lists = runLsio(['get', '-q', '-', '--requests', 'list'], {
      cwd,
      input: `${url.replace('//', '//localhost')}\n`,
    });
    expect(lists.status).toBe(2);
    writeFileSync(path.join(cwd, 'list'), JSON.stringify({ url, suffixLength: 3 }));
    const both = runLsio(['get', '-q', '-', '--requests', 'list'], {
      cwd,
      input: `${url.replace('//', '//localhost')}\n`,
    });
    expect(String(both.stdout)).toBe('contentent');
  });

  test.each(['~/out', 's3://bucket/out', 'file:///tmp/out'])('is no output directory: %s', (out) => {
    writeFileSync(path.join(cwd, 'a'), 'a');
    expect(get(['a', '-o', out])).toMatchObject({ status: 2, stderr: expect.stringContaining(`-o ${out}: not a dir`) });
    expect(readdirSync(cwd)).toEqual(['a']);
  });

  test('is a path where it exists', () => {
    mkdirSync(path.join(cwd, '~'));
    writeFileSync(path.join(cwd, '~/x'), 'tilde');
    expect(get(['~/x'])).toEqual({ status: 0, stdout: 'tilde', stderr: '' });
    expect(get(['~/x', '-o', '~/out'])).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(path.join(cwd, '~/out/~/x'), 'utf8')).toBe('tilde');
  });
});

describe.skipIf(noScript !== undefined)(named('a terminal without escape sequences', noScript), () => {
  const onTerminal = (command: string, env: Record<string, string>) => {
    const shell = `lsio() { "$NODE" "$LSIO" "$@"; }; ${command}`;
    const script = `script -qefc 'bash -c "$SHELL_SCRIPT"' /dev/null < /dev/null`;
    return runScript(script, {
      cwd,
      env: { NODE: process.execPath, LSIO, SHELL_SCRIPT: shell, ...env },
    }).stdout.toString();
  };

  test('gets a line a second', () => {
    // Each reads a list that ends once enough is shown, at the same time as the others.
    const onScreen = (name: string, term: string, mode: string, lines: number) => {
      writeFileSync(path.join(cwd, `shown-${name}`), '');
      const list = `for i in {1..600}; do [ "$(grep -c "0 items" shown-${name})" -ge ${lines} ] && break; sleep 0.05; done`;
      const script = `(${list}) | "$NODE" "$LSIO" get --discard --progress ${mode} --files-from -`;
      writeFileSync(path.join(cwd, `run-${name}`), script);
      return `TERM=${term} script -qefc 'bash run-${name}' /dev/null < /dev/null > shown-${name} &`;
    };
    const beganMs = performance.now();
    const screens = [
      onScreen('auto', 'dumb', 'auto', 2),
      onScreen('always', 'dumb', 'always', 2),
      onScreen('xterm', 'xterm', 'auto', 1),
    ];
    runScript(`${screens.join('\n')}\nwait`, { cwd, env: { NODE: process.execPath, LSIO } });
    const seconds = (performance.now() - beganMs) / 1000;
    for (const name of ['auto', 'always']) {
      const shown = readFileSync(path.join(cwd, `shown-${name}`), 'utf8');
      expect(shown).not.toContain('\u001b');
      const lines = shown.split('\r\n').filter((line) => line.startsWith('0 items'));
      // The last is the summary.
      expect(lines.length).toBeGreaterThanOrEqual(3);
      expect(lines.length).toBeLessThanOrEqual(seconds + 1);
    }
    expect(readFileSync(path.join(cwd, 'shown-xterm'), 'utf8')).toContain('\u001b[K');
  }, 60_000);

  test('gets no colours', () => {
    writeFileSync(path.join(cwd, 'a'), 'a');
    expect(onTerminal('lsio cache status a', { TERM: 'dumb' })).not.toContain('\u001b');
    expect(onTerminal('lsio cache status a', { TERM: 'xterm', NO_COLOR: '' })).toContain('\u001b');
  });
});
