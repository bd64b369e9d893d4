import { plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import type { Extent } from '../../range.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { ByteSource, ChunkedArray, ChunkRef, DecoderSpec, StoredObject } from '../chunked-array.js';
import { memoryArray } from '../memory-array.js';
import type { ReferenceGroup } from '../reference-group.js';
import type { ListedArray } from '../source.js';
import { type Calibration, calibrationTable, defaultCalibration, UNITS } from './calibrate.js';
import { NATIVE_FORMAT } from './decoder.js';
import { type Frame, frameOf, type NativeFile } from './frame.js';
import { geostationary } from './geostationary.js';
import {
  BANDS,
  FULL_HRV_LINES,
  FULL_LINES,
  HEADER_BYTES,
  HEADER_START_BYTES,
  HRV,
  headerParts,
  type NativeHeader,
  parseHeader,
  type Rectangle,
} from './header.js';
import { type Layout, layoutOf, recordExtent } from './lines.js';
import { nativeReferences } from './references.js';

/** What a native file holds. */
export interface NativeContents {
  readonly format: string;
  readonly attributes: JsonObject;
  readonly groups: readonly [];
  readonly arrays: readonly ListedArray[];
  /** What the file lacks. */
  readonly warnings: readonly string[];
  readonly references: (isWanted: (array: string) => boolean) => ReferenceGroup;
}

export interface NativeOptions {
  /** @default brightness temperature, of channels that reflect sunlight reflectance */
  readonly calibration?: Calibration | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What was asked and read of the file before: each request of a remote store takes long. */
  readonly known?: { readonly size: number; readonly start: Uint8Array } | undefined;
}

const NOTHING = new Uint8Array(0);
const FLOAT32 = plainDType('float32');
const FILL = new Uint8Array(new Float32Array([Number.NaN]).buffer);
/** The trailer's record of what HRV covers, in bytes from the trailer's start. */
const COVERAGE_HRV_AT = 347;
const COVERAGE_BYTES = 32;

/**
 * Opens an image of MSG SEVIRI, level 1.5, in EUMETSAT's native format. Only headers are read.
 *
 * @throws {LsioError} `format` for a damaged header; as the store.
 */
export async function openNativeArrays(
  source: ByteSource,
  key: AbsolutePath,
  { calibration, signal, known }: NativeOptions = {},
): Promise<NativeContents> {
  const { store } = source;
  const size = known?.size ?? (await store.head(key, { signal }))?.size ?? 0;
  const header = parseHeader(await readHeader(source, key, size, known?.start ?? NOTHING, signal));
  const layout = layoutOf(header);
  const windows = await windowsOf(source, key, header, layout, size, signal);
  const file: NativeFile = { header, layout, size, source, key, windows };
  // Channels but HRV share their labels.
  const labels = new Map<boolean, NonNullable<ListedArray['coordinates']>>();
  const images = header.bands.map((band) => {
    const isHrv = band === HRV;
    const known = labels.get(isHrv) ?? coordinatesOf(header, frameOf(file, band), isHrv);
    labels.set(isHrv, known);
    return bandArray(file, band, calibration, known);
  });
  return {
    format: `EUMETSAT native, ${platformOf(header.satellite)} SEVIRI level 1.5`,
    attributes: attributesOf(file),
    groups: [],
    arrays: images,
    references: (isWanted) => nativeReferences(file, attributesOf(file), isWanted),
    warnings: size < layout.trailerAt ? [`the file ends ${layout.trailerAt - size} bytes before its image does`] : [],
  };
}

/** The parts of the header that are looked at; what lies between them is zeros. */
async function readHeader(
  { store }: ByteSource,
  key: AbsolutePath,
  size: number,
  start: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(size, HEADER_BYTES));
  const read = async ({ offset, length }: Extent) => {
    const part = { offset, length: Math.min(length, bytes.length - offset) };
    if (part.length > 0) bytes.set((await store.getRange(key, part, { signal })) ?? [], offset);
  };
  const begin = Math.min(bytes.length, HEADER_START_BYTES);
  if (start.length >= begin) bytes.set(start.subarray(0, begin));
  else await read({ offset: 0, length: begin });
  await Promise.all(headerParts(bytes).map(read));
  return bytes;
}

/** HRV takes half of the columns of a full disk: other ones in the north than in the south. The trailer says which. */
async function windowsOf(
  { store }: ByteSource,
  key: AbsolutePath,
  { hrvWindows, bands, columns }: NativeHeader,
  { trailerAt }: Layout,
  size: number,
  signal: AbortSignal | undefined,
): Promise<readonly Rectangle[]> {
  if (!bands.includes(HRV) || columns !== FULL_LINES) return [];
  const offset = trailerAt + COVERAGE_HRV_AT;
  if (offset + COVERAGE_BYTES > size) return hrvWindows;
  const bytes = await store.getRange(key, { offset, length: COVERAGE_BYTES }, { signal });
  if (bytes?.length !== COVERAGE_BYTES) return hrvWindows;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const windows = [0, 16].map((at) => {
    const [south, north, east, west] = [0, 4, 8, 12].map((part) => view.getInt32(at + part));
    return { south: south!, north: north!, east: east!, west: west! };
  });
  const isUsable = windows.every(
    ({ south, north, east, west }) =>
      south >= 1 && south <= north && north <= FULL_HRV_LINES && east >= 1 && east <= west && west <= FULL_HRV_LINES,
  );
  return isUsable ? windows : hrvWindows;
}

function attributesOf({ header, layout, size }: NativeFile): JsonObject {
  const declared = layout.trailerAt;
  return {
    platform: platformOf(header.satellite),
    time: new Date(header.time * 1000).toISOString(),
    sub_satellite_longitude: header.subSatelliteLongitude,
    lines: `${header.rectangle.south} to ${header.rectangle.north}`,
    columns: `${header.rectangle.east} to ${header.rectangle.west}`,
    ...(size < declared ? { truncated: `${declared - size} bytes of the image are missing` } : {}),
  };
}

function platformOf(satellite: number): string {
  return satellite >= 321 && satellite <= 324 ? `Meteosat-${satellite - 313}` : `satellite ${satellite}`;
}

function bandArray(
  file: NativeFile,
  band: number,
  asked: Calibration | undefined,
  coordinates: NonNullable<ListedArray['coordinates']>,
): ListedArray {
  const frame = frameOf(file, band);
  const calibration = asked ?? defaultCalibration(band);
  const table = calibrationTable(file.header, band, calibration);
  const shape = [frame.rows, frame.columns];
  const listed = {
    name: BANDS[band]!,
    dtype: FLOAT32.name,
    shape,
    dims: ['y', 'x'],
    chunkShape: [1, frame.columns],
    codecs: [{ name: 'seviri-10bit', configuration: {} }],
    fillValue: Number.NaN,
    attributes: {
      units: UNITS[calibration],
      calibration,
      coordinates: 'latitude longitude',
      scan: 'rows from the north, columns from the west',
    },
    coordinates,
  };
  if (typeof table === 'string') return { ...listed, reason: table };
  const projection = geostationary(file.header, band === HRV);
  const north = frame.south + frame.rows - 1;
  const locate = (row: number, column: number) =>
    projection.inverse(projection.x(frame.west - column), projection.y(north - row));
  return { ...listed, array: new BandArray(file, band, frame, table, { attributes: listed.attributes, locate }) };
}

function coordinatesOf(header: NativeHeader, frame: Frame, isHrv: boolean): Readonly<Record<string, ListedArray>> {
  const projection = geostationary(header, isHrv);
  const north = frame.south + frame.rows - 1;
  // Computed when they are asked for: a crop by position needs none.
  const xs = () => Float64Array.from({ length: frame.columns }, (_, i) => projection.x(frame.west - i));
  const ys = () => Float64Array.from({ length: frame.rows }, (_, i) => projection.y(north - i));
  const axis = (name: string, values: () => Float64Array, length: number): ListedArray =>
    memoryArray({
      name,
      dims: [name],
      shape: [length],
      dtype: plainDType('float64'),
      attributes: { units: 'm' },
      bytes: () => new Uint8Array(values().buffer),
    });
  const angles = (name: string, which: 0 | 1): ListedArray =>
    memoryArray({
      name,
      dims: ['y', 'x'],
      shape: [frame.rows, frame.columns],
      dtype: plainDType('float64'),
      attributes: { units: 'degrees' },
      bytes: () => {
        const values = new Float64Array(frame.rows * frame.columns);
        const columns = xs();
        let i = 0;
        for (const y of ys()) for (const x of columns) values[i++] = projection.inverse(x, y)[which];
        return new Uint8Array(values.buffer);
      },
    });
  return {
    y: axis('y', ys, frame.rows),
    x: axis('x', xs, frame.columns),
    latitude: angles('latitude', 0),
    longitude: angles('longitude', 1),
  };
}

/** A channel as an array: a chunk is a line. Lines past the end of the file are missing chunks. */
class BandArray implements ChunkedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dims = ['y', 'x'];
  readonly attributes: JsonObject;
  readonly locate: ChunkedArray['locate'];
  readonly dtype = FLOAT32;
  readonly fill = FILL;
  readonly sources: readonly ByteSource[];
  readonly #table: () => Float32Array;
  #decoder: DecoderSpec | undefined;
  readonly #file: NativeFile;
  readonly #band: number;
  readonly #frame: Frame;

  constructor(
    file: NativeFile,
    band: number,
    frame: Frame,
    table: () => Float32Array,
    { attributes, locate }: Pick<ChunkedArray, 'attributes' | 'locate'>,
  ) {
    this.name = BANDS[band]!;
    this.shape = [frame.rows, frame.columns];
    this.chunkShape = [1, frame.columns];
    this.attributes = attributes;
    this.locate = locate;
    this.sources = [file.source];
    this.#table = table;
    this.#file = file;
    this.#band = band;
    this.#frame = frame;
  }

  get decoder(): DecoderSpec {
    this.#decoder ??= {
      format: NATIVE_FORMAT,
      dtype: FLOAT32,
      chunkShape: this.chunkShape,
      fill: FILL,
      parameters: {
        satellite: this.#file.header.satellite,
        band: this.#band,
        pixels: this.#frame.pixels,
        table: Array.from(this.#table(), (value) => (Number.isNaN(value) ? null : value)),
      },
    };
    return this.#decoder;
  }

  async *refs(chunks: Iterable<readonly number[]>): AsyncGenerator<readonly ChunkRef[]> {
    yield Array.from(chunks, ([row], index): ChunkRef => this.#refOf(row!, index));
  }

  async *stored(): AsyncGenerator<StoredObject> {
    for (let row = 0; row < this.#frame.rows; row++) {
      const { range } = this.#refOf(row, 0);
      if (range !== undefined) yield { bytes: range.length, chunks: () => [[row, 0]] };
    }
  }

  #refOf(row: number, index: number): ChunkRef {
    const { layout, size, key } = this.#file;
    // The file begins in the south.
    const line = this.#frame.rows - 1 - row;
    const range = recordExtent(layout, this.#band, line);
    if (range.offset + range.length > size) return { index };
    const number = this.#frame.south + line;
    return { index, source: 0, key, range, detail: [number, this.#frame.columnOf(number)] };
  }
}
