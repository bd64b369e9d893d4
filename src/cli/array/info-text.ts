import type { JsonValue } from '../../array/exact-json.js';
import { plainJson } from '../../array/exact-json.js';
import { byteLengthOf, countExactly, gridShape } from '../../array/grid.js';
import type { CodecSpec, ListedGroup } from '../../formats/source.js';
import { multiscaleLevels } from '../../formats/zarr/multiscales.js';
import { printable } from '../../printable.js';
import { formatBytes, formatCount } from '../../units.js';
import { MAY_BREAK, NO_BREAK, wrapLine } from '../app/wrap.js';
import type { ArrayInfo, Info } from './info-facts.js';

const INDENT = '  ';
/** More axes than these may be broken into lines. */
const BREAK_AXES_MIN = 8;
/** Before the second and the following lines of an array. */
const MARGIN = INDENT.repeat(2);
const NAME_CHARS_MAX = 32;
/** Configurations that say more than numbers of no interest. */
const CODEC_WORDS: Readonly<Record<string, readonly string[]>> = {
  blosc: ['cname', 'shuffle'],
  bytes: [],
  transpose: ['order'],
};
const BLOSC_SHUFFLE: Readonly<Record<string, string>> = { '0': 'noshuffle', '1': 'shuffle', '2': 'bitshuffle' };

/** A group or an array, with its lines. */
interface TreeEntry {
  /** Sorts it. */
  readonly key: string;
  readonly lines: readonly string[];
}

/** The tree for people. @param columns how wide its lines may be. */
export function renderInfo({ source, format, groups, arrays }: Info, columns: number): string {
  const root = groups.find(({ name }) => name === '');
  const count = `${formatCount(arrays.length)}${NO_BREAK}array${arrays.length === 1 ? '' : 's'}`;
  const kind = format.replaceAll(/(?<!,) /g, NO_BREAK);
  const heading = `${source}  ${kind}, ${count}${root === undefined ? '' : levelsText(root)}`;
  const width = arrays.reduce((widest, { name }) => {
    return Math.max(widest, Math.min(NAME_CHARS_MAX, baseName(name).length) + depthOf(name) * INDENT.length);
  }, 0);
  const renderer = new ArrayRenderer(columns, width);
  // A group stands before what is in it.
  const entries: TreeEntry[] = arrays.map((array) => ({ key: pathKey(array.name), lines: renderer.lines(array) }));
  for (const group of groups) {
    if (group === root) continue;
    const place = { width: columns, indent: INDENT.repeat(depthOf(group.name) + 1), margin: MARGIN };
    entries.push({ key: pathKey(group.name), lines: wrapLine(printable(groupText(group)), place) });
  }
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  const lines = wrapLine(printable(heading), { width: columns, indent: '', margin: INDENT });
  for (const entry of entries) lines.push(...entry.lines);
  return `${lines.join('\n')}\n`;
}

function groupText(group: ListedGroup): string {
  return `${baseName(group.name)}/${levelsText(group)}`;
}

/** The arrays of a multiscale image. */
function levelsText({ attributes }: ListedGroup): string {
  const levels = multiscaleLevels(attributes);
  return levels === undefined ? '' : `  levels ${levels.join(', ')}`;
}

/** Slashes sort before everything else, so that what is below a group follows it. */
function pathKey(name: string): string {
  return name.replaceAll('/', '\0');
}

function depthOf(name: string): number {
  return name.split('/').length - 1;
}

function baseName(name: string): string {
  return name === '' ? '(root)' : name.slice(name.lastIndexOf('/') + 1);
}

/** What arrays with the same metadata have in common. */
interface SharedText {
  readonly shape: ArrayInfo['shape'];
  readonly dims: ArrayInfo['dims'];
  /** For a label of this length. */
  readonly labelChars: number;
  readonly indent: string;
  /** The first line without the label, and those that follow it. */
  readonly head: readonly string[];
  readonly detail: string;
}

/** Renders arrays. Those of one store often differ in their names only. */
class ArrayRenderer {
  readonly #columns: number;
  readonly #labelWidth: number;
  readonly #shared = new Map<ArrayInfo['codecs'], SharedText>();

  constructor(columns: number, labelWidth: number) {
    this.#columns = columns;
    this.#labelWidth = labelWidth;
  }

  lines(info: ArrayInfo): string[] {
    const depth = depthOf(info.name);
    const indent = INDENT.repeat(depth + 1);
    const label = printable(baseName(info.name)).padEnd(this.#labelWidth - depth * INDENT.length);
    const place = { width: this.#columns, indent: indent + MARGIN, margin: INDENT };
    const lines: string[] = [];
    const more = (text: string) => lines.push(...wrapLine(printable(text), place));
    if (info.shape === null) lines.push(indent + label.trimEnd());
    else {
      const { head, detail } = this.#textOf(info, info.shape, indent, label.length);
      const ends = endsText(info);
      if (ends === '') lines.push(indent + label + head[0], ...head.slice(1));
      else lines.push(...this.#headLines(`${label}  ${headText(info, info.shape)}${ends}`, indent));
      more([detail, ...namesOf(info)].join('   '));
    }
    if (info.chunksStored !== undefined) more(storedText(info));
    if (info.reason !== undefined) more(`can't be read: ${info.reason}`);
    for (const { chunk, message } of info.badChunks ?? []) more(`bad chunk ${chunk.join(', ')}: ${message}`);
    return lines;
  }

  #textOf(info: ArrayInfo, shape: readonly number[], indent: string, labelChars: number): SharedText {
    const { codecs, dims } = info;
    const known = this.#shared.get(codecs);
    const fits = known?.shape === shape && known.dims === dims && known.labelChars === labelChars;
    if (known !== undefined && fits && known.indent === indent) return known;
    const [first = '', ...rest] = this.#headLines(`${NO_BREAK.repeat(labelChars)}  ${headText(info, shape)}`, indent);
    const head = [first.slice(indent.length + labelChars), ...rest];
    const parts = [codecsText(codecs), `fill${NO_BREAK}${valueText(info.fillValue)}`];
    const detail = parts.filter((text) => text !== '').join('   ');
    const text = { shape, dims, labelChars, indent, head, detail };
    this.#shared.set(codecs, text);
    return text;
  }

  #headLines(text: string, indent: string): string[] {
    return wrapLine(printable(text), { width: this.#columns, indent, margin: MARGIN + INDENT });
  }
}

/** `(time 128, lat 721)  float32  chunks 1x721, 2.82 KiB` */
function headText(info: ArrayInfo, shape: readonly number[]): string {
  const axes = shape.map((length, axis) => `${info.dims?.[axis] ?? ''}${NO_BREAK}${length}`).join(', ');
  return `(${axes})  ${info.dtype}${chunksText(info)}`;
}

/** `1x721x1440` */
function lengthsText(lengths: readonly number[]): string {
  // Only many lengths may be broken: a few are read as one word.
  return lengths.join(lengths.length > BREAK_AXES_MIN ? `x${MAY_BREAK}` : 'x');
}

function chunksText({ chunkShape, shardShape, itemBytes }: ArrayInfo): string {
  if (chunkShape === null || chunkShape.length === 0) return '';
  const bytes = itemBytes === undefined || itemBytes === 0 ? undefined : byteLengthOf(chunkShape, itemBytes);
  const size = bytes === undefined ? '' : `, ${formatBytes(bytes).replace(' ', NO_BREAK)}`;
  const shards = shardShape === undefined ? '' : `  shards${NO_BREAK}${lengthsText(shardShape)}`;
  return `${shards}  chunks${NO_BREAK}${lengthsText(chunkShape)}${size}`;
}

function endsText({ first, last }: ArrayInfo): string {
  if (first === undefined || last === undefined) return '';
  const [from, to] = [first, last].map((end) => valueText(end as JsonValue));
  return from === to ? `  ${from}` : `  ${from} … ${to}`;
}

function storedText({ shape, chunkShape, itemBytes, chunksStored = 0, bytesStored = 0 }: ArrayInfo): string {
  const grid = countExactly(gridShape(shape ?? [], chunkShape ?? []));
  const decoded = itemBytes === undefined ? undefined : byteLengthOf([chunksStored, ...(chunkShape ?? [])], itemBytes);
  const ratio = decoded && bytesStored > 0 ? `, ratio ${(decoded / bytesStored).toFixed(2)}` : '';
  return `${formatCount(chunksStored)} of ${grid.toLocaleString('en')} chunks present, ${formatBytes(bytesStored)} stored${ratio}`;
}

/** `bytes > blosc lz4 shuffle` */
function codecsText(codecs: readonly Partial<CodecSpec>[]): string {
  return codecs
    .map((codec) => {
      const { name = String(codec), configuration = {} } = codec;
      const own = name.replace('numcodecs.', '');
      if (own === 'sharding_indexed') {
        const inner = Array.isArray(configuration.codecs) ? configuration.codecs : [];
        return `shard[${codecsText(inner)}]`;
      }
      const words = (CODEC_WORDS[own] ?? []).map((word) => {
        const value = configuration[word];
        if (own === 'blosc' && word === 'shuffle') return BLOSC_SHUFFLE[String(value)] ?? String(value);
        return Array.isArray(value) ? `[${value.join(',')}]` : String(value ?? '');
      });
      const big = own === 'bytes' && configuration.endian === 'big' ? ['big'] : [];
      return [own, ...words, ...big].filter((word) => word !== '').join(' ');
    })
    .join(' > ');
}

function namesOf({ attributes }: ArrayInfo): string[] {
  const { units, long_name: longName } = attributes;
  const name = typeof longName === 'string' ? [JSON.stringify(longName)] : [];
  return typeof units === 'string' ? [units, ...name] : name;
}

function valueText(value: JsonValue): string {
  const plain = plainJson(value);
  if (typeof plain === 'string') {
    // Times and numbers that JSON has no words for stand without quotation marks.
    const isWord = /^(?:-?\d[\d:T.-]*|NaN|-?Infinity)$/.test(plain);
    return isWord ? plain.replace(/T00:00:00$/, '').replace(/(T\d\d):00:00$/, '$1') : JSON.stringify(plain);
  }
  return typeof plain === 'number' ? String(plain) : JSON.stringify(plain);
}
