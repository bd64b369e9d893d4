import type { Signal } from '../abort.js';
import { isLsioError, LsioError } from '../errors.js';
import { mapLimited } from '../map-limited.js';
import type { ByteSource } from './chunked-array.js';
import { openGribArrays } from './grib/arrays.js';
import type { GribFile } from './grib/cube.js';
import { GRIB_HEAD_BYTES, isGrib } from './grib/recognise.js';
import { sourceOf } from './open-file.js';
import type { OpenSourceOptions } from './open-options.js';
import type { ArraySource } from './source.js';

/** Files whose first bytes are read at once. */
const HEADS_AT_ONCE = 64;

/** A file that may hold GRIB messages. */
export interface Candidate extends GribFile {
  /** It was named itself, not found in a directory or by a pattern: then it must be a GRIB file. */
  readonly isNamed: boolean;
}

export interface GribFilesPlace {
  /** Closed with the source, or when it can't be opened. */
  readonly store: { close(): Promise<void> };
  readonly source: ByteSource;
  readonly candidates: readonly Candidate[];
  /** As it was asked for. */
  readonly name: string;
  readonly engine: string;
  /** Requests take long: indexes beside the files are worth a look. */
  readonly isRemote: boolean;
}

/**
 * Opens several GRIB files as one source. Other files that lie beside them are left out.
 *
 * @returns undefined where none of the files holds GRIB messages; the store is closed then.
 * @throws {LsioError} `format` for a named file that is something else; as the store.
 */
export async function openGribFiles(
  { store, source, candidates, name, engine, isRemote }: GribFilesPlace,
  { fields, onWarning, signal }: OpenSourceOptions,
): Promise<ArraySource | undefined> {
  try {
    const areGrib = await mapLimited(candidates, HEADS_AT_ONCE, (file) => beginsAsGrib(source, file, signal));
    const other = candidates.find(({ isNamed }, i) => isNamed && !areGrib[i]);
    if (other !== undefined) {
      const remedy = 'one command for each source of another kind';
      throw new LsioError('format', `${other.name}: no GRIB file: only these are read together`, { remedy });
    }
    const files = candidates.filter((_, i) => areGrib[i]);
    if (files.length === 0) {
      await store.close();
      return undefined;
    }
    const { warnings, ...contents } = await openGribArrays(source, files, {
      selection: fields,
      sidecars: isRemote,
      signal,
    });
    for (const warning of warnings) onWarning?.(warning);
    return sourceOf({ ...contents, name, path: '', sources: [source], engine }, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function beginsAsGrib({ store }: ByteSource, { key, name }: GribFile, signal?: Signal): Promise<boolean> {
  try {
    const head = await store.getRange(key, { offset: 0, length: GRIB_HEAD_BYTES }, { signal });
    if (head !== undefined) return isGrib(head);
  } catch (error) {
    // An empty file has no first byte.
    if (!isLsioError(error, 'range')) throw error;
    return false;
  }
  throw new LsioError('read', `${name}: no such file`, { code: 'ENOENT', path: name });
}
