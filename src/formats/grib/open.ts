import { LsioError } from '../../errors.js';
import type { Store } from '../../store/store.js';
import type { DecodeOptions } from './decode.js';
import { describeField, type FieldKeys, inventoryLine } from './describe.js';
import { gribError } from './fault.js';
import type { GribField } from './field.js';
import { runStepsOver } from './reading.js';
import { type ScanOptions, scanGrib } from './scan.js';
import { type FieldSelection, isSelected } from './select.js';
import type { GribSource } from './source.js';
import { type FieldValues, fieldValues, valuesExtent } from './values.js';
import { walkMessages } from './walk.js';

/** A field of an open GRIB file. */
export interface OpenField {
  readonly field: GribField;
  readonly keys: FieldKeys;
  /** As wgrib2 lists it: `1:0:d=2024010100:TMP:500 mb:anl:`. */
  readonly line: string;
  /** Reads and decodes the values. @throws {LsioError} kind `format` for a damaged or unknown packing. */
  values(options?: DecodeOptions): Promise<FieldValues>;
}

/** What {@link openGrib} needs of a store. */
export type GribStore = Pick<Store, 'getRange' | 'head'>;

/**
 * The fields of a GRIB file, editions 1 and 2. Only headers are read; values when they are asked for.
 *
 * @param onFault is told of messages that can't be read; the others are given.
 * @throws {LsioError} `read` where the store has no such key.
 * @example
 * for await (const { keys, values } of openGrib(store, '/gfs.f006', { match: [/:TMP:2 m/] })) {
 *   const { data, shape } = await values();
 * }
 */
export async function* openGrib(
  store: GribStore,
  key: string,
  options: FieldSelection & ScanOptions & { readonly onFault?: (fault: LsioError) => void } = {},
): AsyncGenerator<OpenField, void, undefined> {
  const source = await gribSource(store, key);
  for await (const items of scanGrib(source, options)) {
    for (const item of items) {
      if ('fault' in item) {
        options.onFault?.(gribError(item.fault.code, item.fault.message, item.fault.offset));
        continue;
      }
      for (const field of item.message.fields) {
        const keys = describeField(field);
        if (isSelected(field, keys, options)) yield openField(source, field, keys);
      }
    }
  }
}

/** The fields of GRIB messages in memory. Does no I/O. @throws {LsioError} kind `format` for the first fault. */
export function decodeGrib(bytes: Uint8Array): { keys: FieldKeys; values: (options?: DecodeOptions) => FieldValues }[] {
  const fields: GribField[] = [];
  const walk = walkMessages(bytes.length, {
    onMessage: (message) => fields.push(...message.fields),
    onFault: ({ code, message, offset }) => {
      throw gribError(code, message, offset);
    },
  });
  runStepsOver(walk, bytes);
  return fields.map((field) => ({
    keys: describeField(field),
    values: (options) => fieldValues(field, { bytes, offset: 0 }, options),
  }));
}

/** A value of a store as the scan reads it. */
export async function gribSource(store: GribStore, key: string | Uint8Array): Promise<GribSource> {
  const absent = () => new LsioError('read', `${key}: no such value`, { code: 'ENOENT' });
  const head = await store.head(key);
  if (head === undefined) throw absent();
  return {
    size: head.size,
    read: async (extent) => {
      const bytes = await store.getRange(key, extent);
      if (bytes === undefined) throw absent();
      return bytes;
    },
  };
}

function openField(source: GribSource, field: GribField, keys: FieldKeys): OpenField {
  return {
    field,
    keys,
    line: inventoryLine(field, keys),
    values: async (options) => {
      const extent = valuesExtent(field);
      const bytes = await source.read(extent);
      return fieldValues(field, { bytes, offset: extent.offset }, options);
    },
  };
}
