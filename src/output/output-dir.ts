import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { LsioError, outputError } from '../errors.js';
import { type ByteText, pathOf, textOf } from '../paths/byte-text.js';
import { FilesWriter, type FilesWriterOptions } from './files-writer.js';
import type { Inputs } from './input.js';
import { InputList, NameSet } from './input-list.js';
import { isSameFile } from './same-file.js';
import { tarName } from './tar-name.js';

/**
 * Writes files below a directory by tar's rule: a leading `/` and `.` are stripped, `..` is refused. A file appears under
 * its name only when it is whole.
 */
export class OutputDirectory {
  readonly #root: ByteText;
  readonly #overwrite: boolean;
  /** Directories known to be there and to be no links. */
  readonly #directories = new Set<ByteText>();
  readonly #writer: FilesWriter;

  constructor(root: ByteText, options: FilesWriterOptions) {
    this.#root = root.endsWith('/') ? root : `${root}/`;
    this.#overwrite = options.overwrite;
    this.#writer = new FilesWriter(options);
  }

  /**
   * Refuses inputs that can't or mustn't be written, before any is read; then makes the directory, and
   * returns the inputs.
   *
   * @throws {LsioError} `usage` for `..`, for two inputs with one output and for an input that is its own output;
   * `output` for what is there already, and for links on the way to an output.
   */
  async prepare(inputs: Inputs): Promise<InputList> {
    const list = new InputList();
    const outputs = new NameSet((place) => tarName(list.nameAt(place)));
    const rootExists = statsOf(this.#root) !== undefined;
    for await (const batch of inputs) {
      for (const input of batch) {
        const output = tarName(input.name);
        const place = list.add(input);
        // A directory: it is no file, which reading it will say.
        if (output === '') continue;
        if (!outputs.add(output, place)) throw twoInputs(this.#text(output));
        if (rootExists) this.#checkOutput(input.name, output);
      }
    }
    try {
      makeDirectory(this.#root);
    } catch (error) {
      throw outputError(textOf(this.#root), error);
    }
    this.#writer.expect(outputs.size);
    return list;
  }

  /** Takes the whole of an input, or its next part. */
  write(input: ByteText, bytes: Uint8Array, last: boolean): void {
    const output = tarName(input);
    const path = this.#root + output;
    try {
      this.#makeDirectories(output.slice(0, output.lastIndexOf('/') + 1));
    } catch (error) {
      throw outputError(textOf(path), error);
    }
    this.#writer.write(path, bytes, last);
  }

  /** Everything is written once this has fulfilled. */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Forgets the parts of an input that failed. */
  drop(input: ByteText): void {
    this.#writer.drop(this.#root + tarName(input));
  }

  /** Leaves no temporary files. */
  clear(): void {
    this.#writer.clear();
  }

  #makeDirectories(relative: ByteText): void {
    if (relative === '' || this.#directories.has(relative)) return;
    for (const directory of parentsOf(relative)) {
      if (this.#directories.has(directory)) continue;
      const path = pathOf(this.#root + directory.slice(0, -1));
      try {
        mkdirSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        this.#checkDirectory(directory);
      }
      this.#directories.add(directory);
    }
  }

  #checkOutput(input: ByteText, output: ByteText): void {
    for (const directory of parentsOf(output)) {
      if (this.#directories.has(directory)) continue;
      if (!this.#checkDirectory(directory)) return;
      this.#directories.add(directory);
    }
    const there = statsOf(this.#root + output);
    if (there === undefined) return;
    const name = this.#text(output);
    if (isSameFile(input, there)) throw new LsioError('usage', `${name}: input and output are the same file`);
    if (there.isDirectory()) throw new LsioError('output', `${name}: is a directory`, { code: 'EISDIR', path: name });
    if (this.#overwrite) return;
    throw new LsioError('output', `${name}: exists`, { code: 'EEXIST', path: name, remedy: '--overwrite replaces it' });
  }

  /** Whether the directory is there; a link could lead anywhere, so nothing is written through one. */
  #checkDirectory(directory: ByteText): boolean {
    const relative = directory.slice(0, -1);
    const stats = statsOf(this.#root + relative);
    if (stats === undefined || stats.isDirectory()) return stats !== undefined;
    const what = stats.isSymbolicLink() ? 'a link, and links are not followed' : 'not a directory';
    const path = this.#text(relative);
    throw new LsioError('output', `${path}: is ${what}`, { code: 'ENOTDIR', path });
  }

  #text(output: ByteText): string {
    return textOf(this.#root + output);
  }
}

/** Makes a directory, and those above it. (`mkdirSync`'s own `recursive` never returns for one below /proc.) */
function makeDirectory(name: ByteText): void {
  const path = pathOf(name);
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = name.slice(0, name.replace(/\/+$/, '').lastIndexOf('/') + 1);
    if (code === 'ENOENT' && above !== '') {
      makeDirectory(above);
      mkdirSync(path);
    } else if (code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/** `a/`, `a/b/` for `a/b/c`. */
function* parentsOf(name: ByteText): Generator<ByteText> {
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) yield name.slice(0, at + 1);
}

function twoInputs(name: string): LsioError {
  return new LsioError('usage', `two inputs for ${name}`, { remedy: 'give each path and one range of it only once' });
}

/** Of the path itself, not of what a link leads to. */
function statsOf(name: ByteText): Stats | undefined {
  try {
    return lstatSync(pathOf(name), { throwIfNoEntry: false });
  } catch (error) {
    throw outputError(textOf(name), error);
  }
}
