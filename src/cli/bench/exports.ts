import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { LsioError, outputError } from '../../errors.js';

const FORMATS = ['json', 'csv', 'markdown', 'html'] as const;
export type ExportFormat = (typeof FORMATS)[number];

const STDOUT_NAMES = ['-', '/dev/stdout'];
const FILE_MODE = 0o666;

/** The options for exports, as commander hands them over. */
export interface ExportFlags {
  readonly json?: boolean;
  readonly exportJson?: string;
  readonly exportCsv?: string;
  readonly exportMarkdown?: string;
  readonly exportHtml?: string;
}

/** An export that an option asks for. */
export interface AskedExport {
  readonly option: string;
  readonly format: ExportFormat;
  /** A file; `-` is stdout. */
  readonly name: string;
}

export function exportsOf({ json, exportJson, exportCsv, exportMarkdown, exportHtml }: ExportFlags): AskedExport[] {
  const names = { json: exportJson, csv: exportCsv, markdown: exportMarkdown, html: exportHtml };
  const files = FORMATS.map((format) => ({ option: `--export-${format}`, format, name: names[format] }));
  const stdout = { option: '--json', format: 'json', name: json ? '-' : undefined } as const;
  return [stdout, ...files].filter((one): one is AskedExport => one.name !== undefined);
}

/** The renderer of a format, loaded when it is asked for. */
export type Renderers<Result> = Readonly<
  Record<Exclude<ExportFormat, 'json'>, () => Promise<(result: Result) => string>>
>;

/** A file that a result is saved to. */
interface ExportFile<Result> {
  /** As it was given. */
  readonly name: string;
  readonly render: (result: Result) => string;
  /** The real path, where the name is a link. */
  readonly file: string;
  readonly mode: number;
  /** A terminal, a pipe or a device cannot be replaced, so it is written once. */
  readonly special: boolean;
}

/**
 * The files of `--export-…`, each replaced as a whole whenever there is more of the result, and the document that stdout
 * takes, if any.
 */
export class Exports<Result extends object> {
  readonly #targets: readonly ExportFile<Result>[];
  /** What is printed in place of tables. */
  readonly stdout: ((result: Result) => string) | undefined;

  private constructor(targets: readonly ExportFile<Result>[], stdout: ((result: Result) => string) | undefined) {
    this.#targets = targets;
    this.stdout = stdout;
  }

  /**
   * Proves that every target can be written, without touching one that is there.
   *
   * @throws {LsioError} `usage` when stdout is to take two documents, or a file two results; `output` for a target that
   * can't be written.
   */
  static async open<Result extends object>(
    asked: readonly AskedExport[],
    renderers: Renderers<Result>,
  ): Promise<Exports<Result>> {
    const targets: ExportFile<Result>[] = [];
    const taken = new Map<string, string>();
    let stdout: ((result: Result) => string) | undefined;
    for (const { option, format, name } of asked) {
      const isStdout = STDOUT_NAMES.includes(name);
      const file = isStdout ? 'stdout' : path.resolve(name);
      const other = taken.get(file);
      if (other !== undefined)
        throw new LsioError('usage', `${other} and ${option} both write to ${isStdout ? file : name}`);
      taken.set(file, option);
      const render = format === 'json' ? jsonText : await renderers[format]();
      if (isStdout) stdout = render;
      else targets.push(openTarget(name, render));
    }
    return new Exports(targets, stdout);
  }

  /** Whether stdout takes JSON, which also says that there is no result. */
  get stdoutIsJson(): boolean {
    return this.stdout === jsonText;
  }

  /**
   * Saves the result so far.
   *
   * @param last This is the final result: special files get it now.
   * @throws {LsioError} `output`
   */
  save(result: Result, last: boolean): void {
    for (const { name, render, file, mode, special } of this.#targets) {
      try {
        if (!special) replace(file, render(result), mode);
        else if (last) writeFileSync(file, render(result));
      } catch (error) {
        throw outputError(name, error);
      }
    }
  }
}

function jsonText(document: object): string {
  return `${JSON.stringify(document)}\n`;
}

function openTarget<Result>(name: string, render: (result: Result) => string): ExportFile<Result> {
  try {
    const stats = statSync(name, { throwIfNoEntry: false });
    if (stats === undefined) {
      tryBeside(name);
      return { name, render, file: name, mode: FILE_MODE, special: false };
    }
    if (stats.isDirectory()) throw new LsioError('output', `${name}: is a directory`, { code: 'EISDIR', path: name });
    accessSync(name, constants.W_OK);
    if (!stats.isFile()) return { name, render, file: name, mode: FILE_MODE, special: true };
    const file = realpathSync(name);
    tryBeside(file);
    return { name, render, file, mode: stats.mode & 0o777, special: false };
  } catch (error) {
    throw outputError(name, error);
  }
}

/** The directory must take a second file, since a result is renamed only when it is whole. */
function tryBeside(file: string): void {
  const temporary = temporaryBeside(file);
  // A killed process may have left one.
  rmSync(temporary, { force: true });
  closeSync(openSync(temporary, 'wx', FILE_MODE));
  rmSync(temporary);
}

function replace(file: string, text: string, mode: number): void {
  const temporary = temporaryBeside(file);
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function temporaryBeside(file: string): string {
  return path.join(path.dirname(file), `.lsio-export-${process.pid}.tmp`);
}
