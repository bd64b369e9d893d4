import { type FieldKeys, inventoryLine } from './describe.js';
import type { GribField } from './field.js';

export const INDEX_FORMATS = ['idx', 'index', 'lsio', 'refs'] as const;
export type IndexFormat = (typeof INDEX_FORMATS)[number];

/** What `.lsio.idx` says of its file: enough to see that it is another one. No path: the file may be moved. */
export interface IndexedFile {
  readonly bytes: number;
  readonly messages: number;
}

/** MARS' level types by ecCodes' typeOfLevel; all others are surfaces. */
const LEVEL_TYPES: Readonly<Record<string, string>> = {
  isobaricInhPa: 'pl',
  isobaricInPa: 'pl',
  isobaricLayer: 'pl',
  hybrid: 'ml',
  hybridLayer: 'ml',
  theta: 'pt',
  potentialVorticity: 'pv',
  depthBelowLand: 'sol',
  depthBelowLandLayer: 'sol',
  soil: 'sol',
  soilLayer: 'sol',
};

/** The name of an index beside its file. */
export function indexName(file: string, format: IndexFormat): string {
  // ECMWF's stand beside `x.grib2` as `x.index`, the others keep the whole name.
  if (format === 'index') return `${file.replace(/\.(grib2?|grb2?|bin)$/, '')}.index`;
  const ends = { idx: '.idx', lsio: '.lsio.idx', refs: '.refs.json' };
  return `${file}${ends[format]}`;
}

/** The lines of an index; references are made by `gribReferences`. */
export function* indexLines(
  format: Exclude<IndexFormat, 'refs'>,
  file: IndexedFile,
  rows: Iterable<{ readonly field: GribField; readonly keys: FieldKeys }>,
): Generator<string> {
  if (format === 'lsio') yield `${JSON.stringify({ schema: 'lsio.grib-index/1', ...file })}\n`;
  for (const { field, keys } of rows) {
    if (format === 'idx') yield `${inventoryLine(field, keys)}\n`;
    else yield `${JSON.stringify(format === 'index' ? marsRow(field, keys) : ownRow(field, keys))}\n`;
  }
}

function marsRow({ message }: GribField, keys: FieldKeys) {
  const levtype = LEVEL_TYPES[keys.typeOfLevel] ?? 'sfc';
  return {
    date: keys.date.slice(0, 10).replaceAll('-', ''),
    time: keys.date.slice(11, 16).replace(':', ''),
    step: keys.stepRange,
    levtype,
    ...(levtype === 'sfc' ? {} : { levelist: `${keys.level}` }),
    ...(keys.member === undefined ? {} : { number: `${keys.member}` }),
    param: keys.shortName,
    _offset: message.offset,
    _length: message.length,
  };
}

function ownRow(field: GribField, keys: FieldKeys) {
  const { shortName, typeOfLevel, level, stepRange, date, packingType, gridType, points } = keys;
  return {
    number: field.number,
    offset: field.message.offset,
    length: field.message.length,
    line: inventoryLine(field, keys),
    shortName,
    typeOfLevel,
    level,
    stepRange,
    date,
    packingType,
    gridType,
    points,
    data: [field.data.offset, field.data.length],
  };
}
