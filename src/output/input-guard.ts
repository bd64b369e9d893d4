import { fstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { LsioError } from '../errors.js';
import { byteTextOf, exactText } from '../paths/byte-text.js';
import { expandGlob } from '../paths/expand-glob.js';
import { isRemoteUrl, isUrl, parseLocator } from '../store/locator.js';

const STDIN = 0;
const STDOUT = 1;

/**
 * Refuses an output that is an input, or that would replace a part of one: a file in a directory that is read, or a
 * directory that holds what is read. Links are followed.
 *
 * @param output A file or directory to be written; undefined: stdout.
 * @param inputs Paths, patterns and addresses as they were given; `-` is stdin.
 * @throws {LsioError} `usage`
 */
export async function refuseInputAsOutput(
  output: string | undefined,
  overwrite: boolean,
  inputs: readonly string[],
): Promise<void> {
  // What exists is refused for that.
  if (output !== undefined && !overwrite) return;
  const target = output === undefined ? fstatSync(STDOUT) : statsOf(output);
  // A terminal or a device may be both.
  if (target === undefined || !(target.isFile() || target.isDirectory())) return;
  for (const given of inputs) {
    for (const input of await placesOf(given)) {
      const stats = input === '-' ? fstatSync(STDIN) : statsOf(input);
      if (stats === undefined) continue;
      if (stats.dev === target.dev && stats.ino === target.ino) throw sameError(input);
      if (output === undefined || input === '-') continue;
      if (holds(input, output) || holds(output, input)) throw partError(output, input);
    }
  }
}

/** What an input stands for on this machine. An array inside of a .zip stands for the .zip. */
async function placesOf(given: string): Promise<readonly string[]> {
  if (isRemoteUrl(given)) return [];
  if (isUrl(given)) {
    const locator = parseLocator(given);
    return locator.scheme === 'file' ? [locator.path] : [];
  }
  if (given === '-' || statsOf(given) !== undefined) return [given];
  for (let above = path.dirname(given); above !== path.dirname(above); above = path.dirname(above)) {
    if (statsOf(above)?.isFile()) return [above];
  }
  const needs = { excludes: undefined, onError: () => {} };
  return ((await expandGlob(byteTextOf(given), needs)) ?? []).map(exactText);
}

/** Undefined where nothing can be said: what opens it says what is wrong. */
function statsOf(name: string): Stats | undefined {
  try {
    return statSync(name, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether a path lies below a directory. Both are there. */
function holds(directory: string, name: string): boolean {
  return `${realpathSync(name)}${path.sep}`.startsWith(`${realpathSync(directory)}${path.sep}`);
}

function sameError(input: string): LsioError {
  return new LsioError('usage', `${input}: input and output are the same file`, { path: input });
}

function partError(output: string, input: string): LsioError {
  const why = `the input ${input} is in it, or it is in that`;
  return new LsioError('usage', `${output}: is not replaced: ${why}`, { path: output, remedy: 'write elsewhere' });
}
