import { addressOf } from './library.js';
import { loadSharedLibrary, OutputFull } from './shared-library.js';

export const LZMA_LIBRARY = 'liblzma.so.5';

/** The container formats, numbered as Python's `lzma` module does. */
export const LZMA_FORMAT = { auto: 0, xz: 1, alone: 2, raw: 3 } as const;

/** A filter of a raw stream, as Python's `lzma` module names its fields. */
export interface LzmaFilter {
  readonly id: number | bigint;
  readonly preset?: number;
  readonly dict_size?: number;
  readonly lc?: number;
  readonly lp?: number;
  readonly pb?: number;
  readonly dist?: number;
}

/** `lzma_stream` of a 64-bit system: where its fields begin, in bytes. */
const STREAM = { nextIn: 0, availIn: 8, nextOut: 24, availOut: 32, bytes: 136 };
/** `lzma_options_lzma`: where its fields begin, in bytes. */
const OPTIONS = { dictSize: 0, lc: 20, lp: 24, pb: 28, bytes: 112 };
const OPTIONS_DELTA_DISTANCE = 4;
const FILTER_BYTES = 16;
const FILTERS_MAX = 4;
const FILTER_LZMA1 = 0x4000000000000001n;
const FILTER_LZMA2 = 0x21n;
const FILTER_DELTA = 3n;
const FILTER_END = 0xffffffffffffffffn;
const PRESET_DEFAULT = 6;
const CONCATENATED = 8;
const LZMA_FINISH = 3;
const LZMA_OK = 0;
const LZMA_STREAM_END = 1;
/** A dictionary of preset 9 takes 65 MiB; a hostile header may ask for 4 GiB. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Decodes xz, lzma or raw data whole.
 *
 * @returns the bytes written.
 * @throws {Error} for damaged or longer data.
 */
export type DecodeLzma = (
  source: Uint8Array,
  target: Uint8Array,
  format: number,
  filters: readonly LzmaFilter[],
) => number;

/** @throws {LsioError} `unavailable` */
export function loadLzma(): DecodeLzma {
  const library = loadSharedLibrary(LZMA_LIBRARY, 'liblzma5');
  const starts = new Map<number, (...values: number[]) => number>([
    [LZMA_FORMAT.auto, library.func('int lzma_auto_decoder(uintptr_t, uint64_t, uint32_t)')],
    [LZMA_FORMAT.xz, library.func('int lzma_stream_decoder(uintptr_t, uint64_t, uint32_t)')],
  ]);
  const startAlone = library.func('int lzma_alone_decoder(uintptr_t, uint64_t)');
  const startRaw = library.func('int lzma_raw_decoder(uintptr_t, uintptr_t)');
  const preset = library.func('uint8_t lzma_lzma_preset(uintptr_t, uint32_t)');
  const code = library.func('int lzma_code(uintptr_t, int)');
  const end = library.func('void lzma_end(uintptr_t)');
  const stream = new DataView(new ArrayBuffer(STREAM.bytes));
  const streamAt = addressOf(new Uint8Array(stream.buffer));

  function start(format: number, filters: readonly LzmaFilter[]): number {
    if (format === LZMA_FORMAT.alone) return startAlone(streamAt, MEMORY_BYTES_MAX);
    if (format !== LZMA_FORMAT.raw) return starts.get(format)!(streamAt, MEMORY_BYTES_MAX, CONCATENATED);
    const chain = filterChain(filters, (options, level) => preset(addressOf(options), level) === 0);
    return startRaw(streamAt, addressOf(chain.bytes));
  }

  return (source, target, format, filters) => {
    new Uint8Array(stream.buffer).fill(0);
    const started = start(format, filters);
    if (started !== LZMA_OK) throw new Error(`liblzma can't start (${started})`);
    stream.setBigUint64(STREAM.nextIn, BigInt(addressOf(source)), true);
    stream.setBigUint64(STREAM.availIn, BigInt(source.length), true);
    stream.setBigUint64(STREAM.nextOut, BigInt(addressOf(target)), true);
    stream.setBigUint64(STREAM.availOut, BigInt(target.length), true);
    const result = code(streamAt, LZMA_FINISH);
    const written = target.length - Number(stream.getBigUint64(STREAM.availOut, true));
    const unread = Number(stream.getBigUint64(STREAM.availIn, true));
    end(streamAt);
    if (result === LZMA_STREAM_END && unread > 0) throw new Error(`${unread} bytes follow the end of the data`);
    // A raw stream without an end marker is whole when it filled the target.
    if (result === LZMA_STREAM_END || (format === LZMA_FORMAT.raw && result === LZMA_OK && unread === 0))
      return written;
    if (result !== LZMA_OK && result !== 10) throw new Error(`damaged data (${result})`);
    throw written === target.length ? new OutputFull() : new Error('the data ends too early');
  };
}

/** liblzma's array of filters; `parts` keeps alive what it points to. */
function filterChain(
  filters: readonly LzmaFilter[],
  fillPreset: (options: Uint8Array, level: number) => boolean,
): { readonly bytes: Uint8Array; readonly parts: readonly Uint8Array[] } {
  if (filters.length === 0 || filters.length > FILTERS_MAX) throw new Error(`1 to 4 filters, not ${filters.length}`);
  const bytes = new Uint8Array(FILTER_BYTES * 8);
  const view = new DataView(bytes.buffer);
  const parts: Uint8Array[] = [];
  for (const [index, filter] of filters.entries()) {
    // JSON's numbers can't hold LZMA1's id exactly.
    const id = filter.id >= 2 ** 62 ? FILTER_LZMA1 : BigInt(filter.id);
    view.setBigUint64(index * FILTER_BYTES, id, true);
    if (id !== FILTER_LZMA1 && id !== FILTER_LZMA2 && id !== FILTER_DELTA) continue;
    const options = new Uint8Array(128);
    const fields = new DataView(options.buffer);
    if (id === FILTER_DELTA) fields.setUint32(OPTIONS_DELTA_DISTANCE, filter.dist ?? 1, true);
    else {
      if (!fillPreset(options, filter.preset ?? PRESET_DEFAULT)) throw new Error(`no preset ${filter.preset}`);
      if (filter.dict_size !== undefined) fields.setUint32(OPTIONS.dictSize, filter.dict_size, true);
      if (filter.lc !== undefined) fields.setUint32(OPTIONS.lc, filter.lc, true);
      if (filter.lp !== undefined) fields.setUint32(OPTIONS.lp, filter.lp, true);
      if (filter.pb !== undefined) fields.setUint32(OPTIONS.pb, filter.pb, true);
    }
    view.setBigUint64(index * FILTER_BYTES + 8, BigInt(addressOf(options)), true);
    parts.push(options);
  }
  view.setBigUint64(filters.length * FILTER_BYTES, FILTER_END, true);
  return { bytes, parts };
}
