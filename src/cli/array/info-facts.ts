import type { ElementValue } from '../../array/elements.js';
import type { JsonObject } from '../../array/exact-json.js';
import { type BadChunk, checkArray, countStored } from '../../compute/check.js';
import { readEnds } from '../../compute/labels.js';
import { isLsioError } from '../../errors.js';
import { type ArraySource, isCoordinate, type ListedArray, type ListedGroup } from '../../formats/source.js';
import { mapLimited } from '../../map-limited.js';

/** What `lsio info` tells of an array. */
export interface ArrayInfo extends Omit<ListedArray, 'array'> {
  /** Bytes of an element; 0 if that varies, absent if it isn't known. */
  readonly itemBytes?: number;
  /** Of the labels of an axis. */
  readonly first?: ElementValue;
  readonly last?: ElementValue;
  readonly chunksStored?: number;
  readonly bytesStored?: number;
  readonly badChunks?: readonly BadChunk[];
}

/** What `lsio info` tells. */
export interface Info {
  readonly source: string;
  readonly format: string;
  readonly attributes: JsonObject;
  readonly groups: readonly ListedGroup[];
  readonly arrays: readonly ArrayInfo[];
}

export interface InfoOptions {
  readonly count: boolean;
  readonly check: boolean;
  readonly signal: AbortSignal;
  readonly onChunk: () => void;
  /** Is told why the labels of an axis can't be shown. */
  readonly onNote: (note: string) => void;
}

/** Axes whose labels are read at the same time. */
const AT_ONCE = 16;

/** Gathers it: of each axis' labels the first and the last are read, of other arrays nothing unless asked for. */
export async function gatherInfo(
  { name, format, attributes, groups, path }: ArraySource,
  arrays: readonly ListedArray[],
  options: InfoOptions,
): Promise<Info> {
  const infos = arrays.map(plainInfo);
  const axes = arrays.flatMap((listed, i) => (listed.array !== undefined && isCoordinate(listed) ? [i] : []));
  await mapLimited(axes, AT_ONCE, async (i) => {
    infos[i] = { ...infos[i]!, ...(await endsOf(arrays[i]!, options)) };
  });
  if (options.count || options.check) {
    for (const [i, { array }] of arrays.entries()) {
      if (array !== undefined) infos[i] = { ...infos[i]!, ...(await countStored(array, options)) };
      if (array !== undefined && options.check)
        infos[i] = { ...infos[i]!, badChunks: await checkArray(array, options) };
    }
  }
  const within = groups.filter((group) => path === '' || group.name === path || group.name.startsWith(`${path}/`));
  return { source: name, format, attributes, groups: within, arrays: infos };
}

function plainInfo({ array, coordinates: _, ...listed }: ListedArray): ArrayInfo {
  return array === undefined ? listed : { ...listed, itemBytes: array.dtype.itemBytes };
}

async function endsOf({ array, name }: ListedArray, { signal, onNote }: InfoOptions): Promise<Partial<ArrayInfo>> {
  if (array === undefined) return {};
  try {
    const ends = await readEnds(array, { signal });
    return ends === undefined ? {} : { first: ends[0], last: ends[1] };
  } catch (error) {
    signal.throwIfAborted();
    if (!isLsioError(error) || error.kind === 'closed') throw error;
    onNote(`${name}: ${error.message}`);
    return {};
  }
}
