import { lstatSync, type Stats } from 'node:fs';
import { LsioError, outputError } from '../errors.js';
import { type ByteText, pathOf, textOf } from '../paths/byte-text.js';
import { existsError } from './file-writer.js';
import { FilesWriter, type FilesWriterOptions } from './files-writer.js';
import type { Inputs } from './input.js';
import { InputList, NameSet } from './input-list.js';
import { FileSet, isSameFile, sameFileError } from './same-file.js';
import { tarName } from './tar-name.js';
import { DirectoryTree, noDirectoryError } from './tree.js';

/**
 * Writes files below a directory by tar's rule: a leading `/` and `.` are stripped, `..` is refused. A file appears under
 * its name only when it is whole.
 */
export class OutputDirectory {
  readonly #root: ByteText;
  readonly #options: FilesWriterOptions;
  /** Directories known to be there and to be no links, while inputs are checked. */
  readonly #checked = new Set<ByteText>();
  /** Files that outputs are to replace. */
  readonly #replaced = new FileSet();
  #writer: FilesWriter | undefined;

  constructor(root: ByteText, options: FilesWriterOptions) {
    this.#root = root.endsWith('/') ? root : `${root}/`;
    this.#options = options;
  }

  /**
   * Refuses inputs that can't or mustn't be written, before any is read; then makes the directory, and
   * returns the inputs.
   *
   * @throws {LsioError} `usage` for `..`, for two inputs with one output and for an input that is an output;
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
        // Such as `.`: reading it fails, since it is a directory.
        if (output === '') continue;
        if (!outputs.add(output, place)) throw twoInputs(this.#text(output));
        if (rootExists) this.#checkOutput(input.name, output);
      }
    }
    if (this.#replaced.size > 0) {
      for (const { name } of list) if (this.#replaced.has(name)) throw sameFileError(name);
    }
    const tree = new DirectoryTree(this.#root);
    this.#writer = new FilesWriter(this.#root, tree, this.#options);
    this.#writer.expect(outputs.size);
    return list;
  }

  /** Takes the whole of an input, or its next part. */
  write(input: ByteText, bytes: Uint8Array, last: boolean): void {
    this.#writer!.write(tarName(input), bytes, last);
  }

  /** Everything is written once this has fulfilled. */
  async end(): Promise<void> {
    await this.#writer?.end();
  }

  /** Forgets the parts of an input that failed. */
  drop(input: ByteText): void {
    this.#writer?.drop(tarName(input));
  }

  /** Leaves no temporary files. */
  clear(): void {
    this.#writer?.clear();
  }

  /** This is to fail before anything is read; the writer makes sure once more, and has the last word. */
  #checkOutput(input: ByteText, output: ByteText): void {
    for (const directory of parentsOf(output)) {
      if (this.#checked.has(directory)) continue;
      if (!this.#checkDirectory(directory)) return;
      this.#checked.add(directory);
    }
    const there = statsOf(this.#root + output);
    if (there === undefined) return;
    const name = this.#text(output);
    if (isSameFile(input, there)) throw sameFileError(this.#root + output);
    if (there.isDirectory()) throw new LsioError('output', `${name}: is a directory`, { code: 'EISDIR', path: name });
    if (!this.#options.overwrite) throw existsError(name);
    this.#replaced.add(there);
  }

  /** Whether the directory is there; a link could lead anywhere, so nothing is written through one. */
  #checkDirectory(directory: ByteText): boolean {
    const relative = directory.slice(0, -1);
    const stats = statsOf(this.#root + relative);
    if (stats === undefined || stats.isDirectory()) return stats !== undefined;
    throw noDirectoryError(this.#text(relative), stats.isSymbolicLink());
  }

  #text(output: ByteText): string {
    return textOf(this.#root + output);
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
