import { lstatSync, type Stats, statSync } from 'node:fs';
import { LsioError, outputError } from '../errors.js';
import { type ByteText, pathOf, textOf } from '../paths/byte-text.js';
import type { ReadValue } from '../read/item.js';
import { DirectoryModes } from './directory-modes.js';
import { existsError, FILE_MODE, type FilePart } from './file-writer.js';
import { FilesWriter, type FilesWriterOptions } from './files-writer.js';
import type { Input, Inputs } from './input.js';
import { InputList, NameSet } from './input-list.js';
import { OutputNames } from './output-names.js';
import { FileSet, isSameFile, sameFileError } from './same-file.js';
import { tarName } from './tar-name.js';
import { DirectoryTree, isSpecial, noDirectoryError, specialError } from './tree.js';

const PERMISSION_BITS = 0o777;
/** What stat(2) counts blocks in. */
const BLOCK_BYTES = 512;

export interface OutputOptions extends FilesWriterOptions {
  /** Files and directories get the permission bits of what they are copied from, as cp gives them. */
  readonly preserveModes: boolean;
  /** What files are called, see {@link OutputNames}. */
  readonly template?: string | undefined;
}

/** What is to be known of an input to write it. */
type Source = Pick<FilePart, 'mode' | 'sparse'>;

/**
 * Writes files below a directory by tar's rule: a leading `/` and `.` are stripped, `..` is refused. A file appears under
 * its name only when it is whole.
 */
export class OutputDirectory {
  readonly #root: ByteText;
  readonly #options: OutputOptions;
  readonly #names: OutputNames;
  /** Directories known to be there and to be no links, while inputs are checked. */
  readonly #checked = new Set<ByteText>();
  /** Those that are not there: asked for every file below them it would take 5 µs of each. */
  readonly #missing = new Set<ByteText>();
  /** Files that outputs are to replace. */
  readonly #replaced = new FileSet();
  /** Directories known to be there, while files are written. */
  readonly #made = new Set<ByteText>();
  readonly #modes: DirectoryModes | undefined;
  #tree: DirectoryTree | undefined;
  #writer: FilesWriter | undefined;
  /** What the input of which parts were written is. */
  #begun: Source | undefined;

  constructor(root: ByteText, options: OutputOptions) {
    this.#root = root.endsWith('/') ? root : `${root}/`;
    this.#options = options;
    this.#names = new OutputNames('where several', options.template);
    // A template's directories belong to no input.
    this.#modes = options.preserveModes && options.template === undefined ? new DirectoryModes() : undefined;
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
    const files = new NameSet((number) => tarName(list.at(number).name));
    for await (const batch of inputs) {
      for (const input of batch) {
        const file = tarName(input.name);
        if (!files.add(file, list.add(input))) this.#names.addSeveral(file);
      }
    }
    this.#checkOutputs(list);
    this.#tree = new DirectoryTree(this.#root);
    this.#writer = new FilesWriter(this.#root, this.#tree, this.#options);
    this.#writer.expect(list.length);
    return list;
  }

  /** Takes the whole of an input, or its next part. */
  write({ request, offset, bytes, last }: ReadValue<Input>): void {
    const { name } = request;
    const path = this.#names.of(request);
    // What an input is, its first part says once and for all.
    const source = this.#begun ?? this.#sourceOf(name, offset);
    this.#begun = last ? undefined : source;
    this.#makeDirectories(name, path);
    this.#writer!.write({ path, bytes, ...source }, last);
  }

  /** Everything is written once this has fulfilled. */
  async end(): Promise<void> {
    await this.#writer?.end();
    this.#modes?.apply(this.#tree!);
  }

  /** Forgets the parts of an input that failed. */
  drop(input: Input): void {
    this.#begun = undefined;
    this.#writer?.drop(this.#names.of(input));
  }

  /** Leaves no temporary files. */
  clear(): void {
    this.#writer?.clear();
  }

  #sourceOf(name: ByteText, offset: number): Source {
    const stats = sourceStats(name);
    const mode = stats !== undefined && this.#options.preserveModes ? stats.mode & PERMISSION_BITS : FILE_MODE;
    const isSparse = stats?.isFile() === true && stats.blocks * BLOCK_BYTES < stats.size;
    return { mode, sparse: isSparse ? { name, offset } : undefined };
  }

  /** Here and not where files are written, which another thread does, too: it doesn't know the inputs. */
  #makeDirectories(input: ByteText, path: ByteText): void {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    if (directory === '' || this.#made.has(directory)) return;
    this.#tree!.open(directory, this.#modes && ((made) => this.#modes!.modeOf(made, input)));
    this.#made.add(directory);
  }

  /** This is to fail before anything is read; the writer makes sure once more, and has the last word. */
  #checkOutputs(list: InputList): void {
    const rootExists = statsOf(this.#root) !== undefined;
    const { areOwn } = this.#names;
    if (!rootExists && !areOwn) return;
    const outputs = new NameSet((number) => this.#names.of(list.at(number)));
    for (const input of list) {
      const output = this.#names.of(input);
      // Such as `.`: reading it fails, since it is a directory.
      if (output === '') continue;
      if (areOwn && !outputs.add(output, input.index!)) throw twoInputs(this.#text(output));
      if (rootExists && this.#isSkipped(input.name, output)) list.skip(input.index!);
    }
    if (this.#replaced.size === 0) return;
    for (const { name } of list) if (this.#replaced.has(name)) throw sameFileError(name);
  }

  /** Checks an output; returns whether what is there is to stay. */
  #isSkipped(input: ByteText, output: ByteText): boolean {
    for (const directory of parentsOf(output)) {
      if (this.#checked.has(directory)) continue;
      if (this.#missing.has(directory)) return false;
      if (!this.#checkDirectory(directory)) {
        this.#missing.add(directory);
        return false;
      }
      this.#checked.add(directory);
    }
    const there = statsOf(this.#root + output);
    if (there === undefined) return false;
    const name = this.#text(output);
    if (there.isDirectory()) throw new LsioError('output', `${name}: is a directory`, { code: 'EISDIR', path: name });
    if (this.#options.skipExisting) return true;
    if (isSameFile(input, there)) throw sameFileError(this.#root + output);
    if (!this.#options.overwrite) throw existsError(name);
    if (isSpecial(there)) throw specialError(name);
    this.#replaced.add(there);
    return false;
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
  return new LsioError('usage', `two inputs for ${name}`, {
    remedy: 'give each path, and each range of it, only once; or --output-name',
  });
}

/** Undefined where it can't be asked: what was read is written in any case. */
function sourceStats(name: ByteText): Stats | undefined {
  try {
    return statSync(pathOf(name), { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Of the path itself, not of what a link leads to. */
function statsOf(name: ByteText): Stats | undefined {
  try {
    return lstatSync(pathOf(name), { throwIfNoEntry: false });
  } catch (error) {
    throw outputError(textOf(name), error);
  }
}
