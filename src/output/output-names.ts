import { LsioError } from '../errors.js';
import { type ByteText, byteTextOf, textOf } from '../paths/byte-text.js';
import type { ByteRange } from '../range.js';
import type { Input } from './input.js';
import { tarName } from './tar-name.js';

const PLACEHOLDERS = ['path', 'id', 'offset', 'length', 'index'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
const PLACEHOLDER = /\{(\w*)\}/g;

/** How items that are ranges are called: `f#bytes=0-9`, or `f` where it is the only item of the file. */
export type RangeNaming = 'always' | 'where several';

/** The name of each item below the output directory, or in an archive. */
export class OutputNames {
  readonly #ranges: RangeNaming;
  readonly #template: ByteText | undefined;
  /** Names of files of which there are several items. */
  readonly #several = new Set<ByteText>();

  /**
   * @param template with `{path}`, `{id}`, `{offset}`, `{length}`, `{index}`.
   * @throws {LsioError} `usage` for another placeholder.
   */
  constructor(ranges: RangeNaming, template?: string) {
    this.#ranges = ranges;
    this.#template = template === undefined ? undefined : byteTextOf(template);
    for (const [text, name] of template?.matchAll(PLACEHOLDER) ?? []) {
      if (!PLACEHOLDERS.some((known) => known === name)) throw unknownPlaceholder(text);
    }
  }

  /** Whether names differ from those of the files. */
  get areOwn(): boolean {
    return this.#template !== undefined || this.#several.size > 0;
  }

  /** There are several items of a file: told before any name is asked for. */
  addSeveral(name: ByteText): void {
    this.#several.add(name);
  }

  /**
   * '' where the input is `.`, or the like.
   *
   * @throws {LsioError} `usage` for `..`, and where the template needs what the item doesn't have.
   */
  of(input: Input): ByteText {
    const { name, range } = input;
    const file = tarName(name);
    if (this.#template !== undefined) return fill(this.#template, file, input);
    if (range === undefined || file === '') return file;
    return this.#ranges === 'always' || this.#several.has(file) ? `${file}#bytes=${rangeText(range)}` : file;
  }
}

function fill(template: ByteText, path: ByteText, { id, range, index = 0 }: Input): ByteText {
  const { offset, length } = range === undefined ? { offset: 0 } : 'offset' in range ? range : {};
  const values: Record<Placeholder, string | number | undefined> = { path, id, offset, length, index };
  const filled = template.replace(PLACEHOLDER, (placeholder, key: Placeholder) => {
    const value = values[key];
    if (value === undefined) throw refused(`${placeholder} of ${textOf(path)} is not known: the request has none`);
    return key === 'path' ? path : byteTextOf(String(value));
  });
  const name = tarName(filled);
  if (name === '' || filled.endsWith('/') || name.includes('\0')) {
    throw refused(`${JSON.stringify(textOf(filled))} is no name of a file`);
  }
  return name;
}

function unknownPlaceholder(text: string): LsioError {
  return refused(`${text} is not known: write ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`);
}

function refused(why: string): LsioError {
  return new LsioError('usage', `--output-name: ${why}`);
}

function rangeText(range: ByteRange): string {
  if ('suffixLength' in range) return `-${range.suffixLength}`;
  const { offset, length } = range;
  return `${offset}-${length === undefined ? '' : offset + length - 1}`;
}
