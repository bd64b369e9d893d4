import type { JsonValue } from '../../array/exact-json.js';
import { plainJson } from '../../array/exact-json.js';
import { byteLengthOf, countExactly, gridShape } from '../../array/grid.js';
import type { CodecSpec, ListedGroup } from '../../formats/source.js';
import { multiscaleLevels } from '../../formats/zarr/multiscales.js';
import { printable } from '../../printable.js';
import { formatBytes, formatCount } from '../../units.js';
import type { ArrayInfo, Info } from './info-facts.js';

const INDENT = '  ';
const NAME_CHARS_MAX = 32;
/** Configurations that say more than numbers of no interest. */
const CODEC_WORDS: Readonly<Record<string, readonly string[]>> = {
  blosc: ['cname', 'shuffle'],
  bytes: [],
  transpose: ['order'],
};
const BLOSC_SHUFFLE: Readonly<Record<string, string>> = { '0': 'noshuffle', '1': 'shuffle', '2': 'bitshuffle' };

/** The tree for people. */
export function renderInfo({ source, format, groups, arrays }: Info): string {
  const root = groups.find(({ name }) => name === '');
  const lines = [`${source}  ${format}, ${formatCount(arrays.length)} array${arrays.length === 1 ? '' : 's'}`];
  if (root !== undefined) lines[0] += levelsText(root);
  const widthOf = (name: string) => Math.min(NAME_CHARS_MAX, name.length);
  const width = arrays.reduce((widest, { name }) => {
    return Math.max(widest, widthOf(baseName(name)) + depthOf(name) * INDENT.length);
  }, 0);
  // A group stands before what is in it.
  const entries = [
    ...groups
      .filter((group) => group !== root)
      .map(({ name, ...group }) => ({ name, own: groupLines({ name, ...group }) })),
    ...arrays.map((array) => ({ name: array.name, own: arrayLines(array, width) })),
  ].map(({ name, own }) => ({ key: pathKey(name), indent: INDENT.repeat(depthOf(name) + 1), own }));
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { indent, own } of entries) for (const line of own) lines.push(indent + line);
  return `${lines.map(printable).join('\n')}\n`;
}

function groupLines(group: ListedGroup): string[] {
  return [`${baseName(group.name)}/${levelsText(group)}`];
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

function arrayLines(info: ArrayInfo, width: number): string[] {
  const { name, dims, shape, dtype } = info;
  const label = baseName(name).padEnd(width - depthOf(name) * INDENT.length);
  const margin = INDENT.repeat(2);
  if (shape === null) return [label.trimEnd(), `${margin}can't be read: ${info.reason}`];
  const axes = shape.map((length, axis) => `${dims?.[axis] ?? ''} ${length}`).join(', ');
  const lines = [`${label}  (${axes})  ${dtype}${chunksText(info)}${endsText(info)}`];
  const details = [codecsText(info.codecs), `fill ${valueText(info.fillValue)}`, ...namesOf(info)];
  lines.push(`${margin}${details.filter((text) => text !== '').join('   ')}`);
  if (info.chunksStored !== undefined) lines.push(margin + storedText(info));
  if (info.reason !== undefined) lines.push(`${margin}can't be read: ${info.reason}`);
  for (const { chunk, message } of info.badChunks ?? [])
    lines.push(`${margin}bad chunk ${chunk.join(', ')}: ${message}`);
  return lines;
}

function chunksText({ chunkShape, shardShape, itemBytes }: ArrayInfo): string {
  if (chunkShape === null || chunkShape.length === 0) return '';
  const bytes = itemBytes === undefined || itemBytes === 0 ? undefined : byteLengthOf(chunkShape, itemBytes);
  const size = bytes === undefined ? '' : `, ${formatBytes(bytes)}`;
  const shards = shardShape === undefined ? '' : `  shards ${shardShape.join('x')}`;
  return `${shards}  chunks ${chunkShape.join('x')}${size}`;
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
