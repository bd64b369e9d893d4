import { fstatSync } from 'node:fs';
import path from 'node:path';
import { LsioError } from '../errors.js';
import { type ByteText, byteTextOf, textOf } from '../paths/byte-text.js';
import { expandGlob } from '../paths/expand-glob.js';
import { STDIN, STDOUT } from '../stdio.js';
import { isRemoteUrl, isUrl, parseLocator } from '../store/locator.js';
import { realPath, sameFileError, statsOf } from './same-file.js';

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
  const place = output === undefined ? undefined : byteTextOf(output);
  const target = place === undefined ? fstatSync(STDOUT) : statsOf(place);
  // A terminal or a device may be both.
  if (target === undefined || !(target.isFile() || target.isDirectory())) return;
  for (const given of inputs) {
    for (const input of await placesOf(given)) {
      const stats = input === '-' ? fstatSync(STDIN) : statsOf(input);
      if (stats === undefined) continue;
      if (stats.dev === target.dev && stats.ino === target.ino) throw sameFileError(input);
      if (place === undefined || input === '-') continue;
      if (holds(input, place) || holds(place, input)) throw partError(textOf(place), textOf(input));
    }
  }
}

/** What an input stands for on this machine. An array inside of a .zip stands for the .zip. */
async function placesOf(given: string): Promise<readonly ByteText[]> {
  if (isRemoteUrl(given)) return [];
  if (isUrl(given)) {
    const locator = parseLocator(given);
    return locator.scheme === 'file' ? [byteTextOf(locator.path)] : [];
  }
  const name = byteTextOf(given);
  if (given === '-' || statsOf(name) !== undefined) return [name];
  for (let above = path.dirname(name); above !== path.dirname(above); above = path.dirname(above)) {
    if (statsOf(above)?.isFile()) return [above];
  }
  const needs = { excludes: undefined, onError: () => {} };
  return (await expandGlob(name, needs)) ?? [];
}

/** Whether a path lies below a directory. Both are there. */
function holds(directory: ByteText, name: ByteText): boolean {
  return `${realPath(name)}/`.startsWith(`${realPath(directory)}/`);
}

function partError(output: string, input: string): LsioError {
  const why = `the input ${input} is in it, or it is in that`;
  return new LsioError('usage', `${output}: is not replaced: ${why}`, { path: output, remedy: 'write elsewhere' });
}
