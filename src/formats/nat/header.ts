import { LsioError } from '../../errors.js';
import type { Extent } from '../../range.js';

/** The channels of SEVIRI, by number − 1. */
export const BANDS = [
  'VIS006',
  'VIS008',
  'IR_016',
  'IR_039',
  'WV_062',
  'WV_073',
  'IR_087',
  'IR_097',
  'IR_108',
  'IR_120',
  'IR_134',
  'HRV',
] as const;
export const HRV = 11;

/** Bytes of the file up to the image: with and without the ASCII headers that EUMETSAT's archive puts in front. */
export const HEADER_BYTES = 450_400;
const BARE_HEADER_BYTES = 445_286;
const ASCII_BYTES = HEADER_BYTES - BARE_HEADER_BYTES;
const PACKET_BYTES = 38;

/** Offsets in the ASCII main and secondary headers, and in a field of 80: 30 for its name, 50 for the value. */
const SECONDARY_AT = 3674;
const ASCII_FIELD_BYTES = 80;
const ASCII_NAME_BYTES = 30;
const SELECTED_BANDS = 9;

/** Offsets in 15_DATA_HEADER (EUM/MSG/ICD/105). */
const SATELLITE_AT = 1;
const ACQUISITION_AT = 60_135;
const PROJECTION_AT = 386_893;
const GRID_AT = 386_898;
const GRID_HRV_AT = 386_915;
const COVERAGE_AT = 386_932;
const COVERAGE_HRV_AT = 386_948;
const PROCESSING_AT = 386_982;
const CALIBRATION_AT = 387_066;
const EARTH_AT = 408_145;

export const FULL_LINES = 3712;
export const FULL_HRV_LINES = 11_136;
const FULL_HRV_COLUMNS = 5568;
/** No image has more: a damaged header must not make a giant. */
const LINES_MAX = FULL_HRV_LINES;

/** Line and column numbers from 1, counted from the south and from the east. */
export interface Rectangle {
  readonly south: number;
  readonly north: number;
  readonly east: number;
  readonly west: number;
}

/** What lsio takes from the header of a SEVIRI level 1.5 file. */
export interface NativeHeader {
  /** Where the image begins. */
  readonly imageAt: number;
  /** Channels of the file, from 0, in the order of its records. */
  readonly bands: readonly number[];
  readonly rectangle: Rectangle;
  readonly hrvWindows: readonly Rectangle[];
  /** Lines and stored columns: columns are a multiple of 4. */
  readonly lines: number;
  readonly columns: number;
  readonly hrvLines: number;
  readonly hrvColumns: number;
  readonly satellite: number;
  readonly subSatelliteLongitude: number;
  /** Seconds since 1970. */
  readonly time: number;
  /** Metres between columns and lines at the sub-satellite point. */
  readonly step: { readonly column: number; readonly line: number };
  readonly hrvStep: { readonly column: number; readonly line: number };
  /** 1: images before December 2017, 1.5 km off; 2: the nominal place. */
  readonly earthModel: number;
  readonly equatorRadius: number;
  readonly polarRadius: number;
  /** Radiance = count × slope + offset, for each channel. */
  readonly slopes: readonly number[];
  readonly offsets: readonly number[];
  /** For each channel: 0 none, 1 spectral radiance, 2 effective radiance. */
  readonly processing: readonly number[];
}

/** True for the beginning of a file with ASCII headers, or of one without. At least 64 bytes are needed. */
export function isNative(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 64)).toString('latin1');
  if (/^FormatName\s+: NATIVE/.test(text)) return true;
  // A packet header of type 3 (level 1.5), its sub-header, then the header version and a satellite's number.
  if (head.length < PACKET_BYTES + 3) return false;
  const satellite = (head[PACKET_BYTES + SATELLITE_AT]! << 8) | head[PACKET_BYTES + SATELLITE_AT + 1]!;
  return head[0]! <= 1 && head[PACKET_BYTES]! <= 2 && satellite >= 321 && satellite <= 324;
}

/** The ASCII headers, and what tells the file's kind. */
export const HEADER_START_BYTES = ASCII_BYTES + 128;

/** The parts of the header that {@link parseHeader} looks at, beside its start: 21 KiB of 440. */
export function headerParts(start: Uint8Array): readonly Extent[] {
  const data = (start[0] === 0x46 ? ASCII_BYTES : 0) + PACKET_BYTES;
  return [
    { offset: data + ACQUISITION_AT, length: 16 },
    { offset: data + PROJECTION_AT, length: EARTH_AT + 32 - PROJECTION_AT },
  ];
}

/** @param bytes the first {@link HEADER_BYTES} of the file, of which {@link headerParts} and the start must be there. @throws {LsioError} `format` for a damaged header. */
export function parseHeader(bytes: Uint8Array): NativeHeader {
  const hasAscii = bytes[0] === 0x46;
  const imageAt = hasAscii ? HEADER_BYTES : BARE_HEADER_BYTES;
  if (bytes.length < imageAt) throw damaged(`the file ends in its header, after ${bytes.length} bytes`);
  const start = (hasAscii ? ASCII_BYTES : 0) + PACKET_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, imageAt - start);
  const ascii = hasAscii ? asciiFacts(bytes) : undefined;
  const rectangle = ascii?.rectangle ?? rectangleAt(view, COVERAGE_AT);
  const columns = roundedUp(rectangle.west - rectangle.east + 1);
  const isFull = columns === FULL_LINES;
  const header: NativeHeader = {
    imageAt,
    bands: ascii?.bands ?? BANDS.map((_, i) => i),
    rectangle,
    hrvWindows: [rectangleAt(view, COVERAGE_HRV_AT), rectangleAt(view, COVERAGE_HRV_AT + 16)].filter(isRectangle),
    lines: ascii?.lines ?? rectangle.north - rectangle.south + 1,
    columns: ascii?.columns ?? columns,
    hrvLines: ascii?.hrvLines ?? (rectangle.north - rectangle.south + 1) * 3,
    // A full row of HRV is 11,136 columns wide, of which the scanner takes half.
    hrvColumns: ascii === undefined ? FULL_HRV_COLUMNS : isFull ? ascii.hrvColumns / 2 : ascii.hrvColumns,
    satellite: view.getUint16(SATELLITE_AT),
    subSatelliteLongitude: view.getFloat32(PROJECTION_AT + 1),
    time: timeAt(view, ACQUISITION_AT),
    step: stepAt(view, GRID_AT),
    hrvStep: stepAt(view, GRID_HRV_AT),
    earthModel: view.getUint8(EARTH_AT),
    equatorRadius: view.getFloat64(EARTH_AT + 1) * 1000,
    polarRadius: ((view.getFloat64(EARTH_AT + 9) + view.getFloat64(EARTH_AT + 17)) / 2) * 1000,
    slopes: BANDS.map((_, i) => view.getFloat64(CALIBRATION_AT + 16 * i)),
    offsets: BANDS.map((_, i) => view.getFloat64(CALIBRATION_AT + 16 * i + 8)),
    processing: BANDS.map((_, i) => view.getUint8(PROCESSING_AT + i)),
  };
  check(header);
  return header;
}

interface AsciiFacts {
  readonly bands: readonly number[];
  readonly rectangle: Rectangle;
  readonly lines: number;
  readonly columns: number;
  readonly hrvLines: number;
  readonly hrvColumns: number;
}

/** The secondary header: what was cut out of the archive's image. */
function asciiFacts(bytes: Uint8Array): AsciiFacts {
  const value = (field: number) => {
    const at = SECONDARY_AT + field * ASCII_FIELD_BYTES + ASCII_NAME_BYTES;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, ASCII_FIELD_BYTES - ASCII_NAME_BYTES);
    return text
      .toString('latin1')
      .replace(/^\s*:?/, '')
      .replaceAll('\0', ' ')
      .trim();
  };
  const number = (field: number) => Number(value(SELECTED_BANDS + field));
  const selected = value(SELECTED_BANDS);
  if (!/^[X-]{12}/.test(selected)) throw damaged(`${JSON.stringify(selected.slice(0, 20))} is no selection of bands`);
  return {
    bands: BANDS.flatMap((_, i) => (selected[i] === 'X' ? [i] : [])),
    rectangle: { south: number(1), north: number(2), east: number(3), west: number(4) },
    lines: number(5),
    columns: roundedUp(number(4) - number(3) + 1),
    hrvLines: number(7),
    hrvColumns: number(8),
  };
}

function check(header: NativeHeader): void {
  const { rectangle, bands, lines, columns, hrvLines, hrvColumns } = header;
  if (!isRectangle(rectangle)) throw damaged(`a rectangle of ${JSON.stringify(rectangle)}`);
  if (bands.length === 0) throw damaged('no band is selected');
  const counts = [lines, columns, ...(bands.includes(HRV) ? [hrvLines, hrvColumns] : [])];
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 1 || count > LINES_MAX);
  if (wrong !== undefined) throw damaged(`${wrong} lines or columns`);
  if (lines !== rectangle.north - rectangle.south + 1) {
    throw damaged(`${lines} lines from line ${rectangle.south} to ${rectangle.north}`);
  }
  if (bands.includes(HRV) && (hrvColumns % 4 !== 0 || hrvLines !== lines * 3)) {
    throw damaged(`${hrvLines} lines of ${hrvColumns} columns of HRV beside ${lines} lines`);
  }
}

function rectangleAt(view: DataView, at: number): Rectangle {
  const [south, north, east, west] = [0, 4, 8, 12].map((offset) => view.getInt32(at + offset));
  return { south: south!, north: north!, east: east!, west: west! };
}

function isRectangle({ south, north, east, west }: Rectangle): boolean {
  const isInside = [south, north, east, west].every((n) => Number.isInteger(n) && n >= 1 && n <= LINES_MAX);
  return isInside && south <= north && east <= west;
}

function stepAt(view: DataView, at: number): { column: number; line: number } {
  return { line: view.getFloat32(at + 8) * 1000, column: view.getFloat32(at + 12) * 1000 };
}

/** CCSDS day segmented time: days since 1958 and milliseconds. */
function timeAt(view: DataView, at: number): number {
  return Date.UTC(1958, 0, 1 + view.getUint16(at)) / 1000 + view.getUint32(at + 2) / 1000;
}

function roundedUp(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}

function damaged(what: string): LsioError {
  return new LsioError('format', `the header is damaged: ${what}`, { code: 'header' });
}
