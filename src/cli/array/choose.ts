import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { type ArraySource, isCoordinate, type ListedArray } from '../../formats/source.js';
import { multiscaleLevels } from '../../formats/zarr/multiscales.js';
import { chosenArrays, namesText } from './source-options.js';

/** Attributes that name arrays which belong to the data and are none. */
const NAMING = ['coordinates', 'bounds', 'grid_mapping', 'ancillary_variables'];

/**
 * The one array that a command reads: the one that is named, else the only one that holds data rather than labels.
 *
 * @param level of a multiscale image, from 0, the largest.
 * @throws {LsioError} `usage` where it isn't clear which, `format` where it can't be read.
 */
export function chosenArray(source: ArraySource, name: string | undefined, level: number | undefined): ChunkedArray {
  const listed = level === undefined ? onlyArray(source, name) : levelArray(source, name, level);
  if (listed.array !== undefined) return listed.array;
  throw new LsioError('format', `${listed.name || source.name}: can't be read: ${listed.reason}`, {
    path: source.name,
  });
}

function onlyArray(source: ArraySource, name: string | undefined): ListedArray {
  const arrays = chosenArrays(source, name);
  const [first, ...others] = arrays.length === 1 ? arrays : dataArrays(arrays);
  if (first !== undefined && others.length === 0) return first;
  const what = first === undefined ? 'holds no data array' : `holds ${others.length + 1} data arrays`;
  throw new LsioError('usage', `${source.name} ${what}: say which with -a`, {
    remedy: namesText(first === undefined ? arrays : [first, ...others]),
  });
}

function dataArrays(arrays: readonly ListedArray[]): ListedArray[] {
  const named = new Set<string>();
  for (const { attributes } of arrays) {
    for (const attribute of NAMING) {
      const names = attributes[attribute];
      if (typeof names === 'string') for (const name of names.split(/\s+/)) named.add(name.replace(/:$/, ''));
    }
  }
  return arrays.filter(
    (array) => !isCoordinate(array) && !named.has(array.name.slice(array.name.lastIndexOf('/') + 1)),
  );
}

function levelArray(source: ArraySource, name: string | undefined, level: number): ListedArray {
  const path = name ?? source.path;
  const group = source.groups.find((one) => one.name === path);
  const levels = group && multiscaleLevels(group.attributes);
  if (levels === undefined)
    throw new LsioError('usage', `${source.name}: --level: ${path || 'it'} is no multiscale image`);
  const wanted = levels[level];
  if (wanted === undefined) {
    throw new LsioError('usage', `--level: ${level} is not among the levels 0 to ${levels.length - 1}`);
  }
  const full = path === '' ? wanted : `${path}/${wanted}`;
  const found = source.arrays.find((array) => array.name === full);
  if (found !== undefined) return found;
  throw new LsioError('format', `${source.name}: level ${level} names the array ${full}, which is not there`);
}
