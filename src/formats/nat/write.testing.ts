/** Writes EUMETSAT native files from the format's tables (EUM/MSG/ICD/105, EUM/OPS-MSG/SPE/07/0008), not from the reader. */

export interface NativeFileFacts {
  /** 12 characters, X or -. @default all */
  readonly bands?: string;
  readonly south?: number;
  readonly north?: number;
  readonly east?: number;
  readonly west?: number;
  /** @default true */
  readonly ascii?: boolean;
  readonly satellite?: number;
  readonly earthModel?: 1 | 2;
  readonly processing?: 0 | 1 | 2;
  /** Lines and columns of HRV's two windows, south first: south, north, east, west. */
  readonly windows?: readonly (readonly [number, number, number, number])[];
  /** The count of a pixel. Lines and columns are numbers in the full disk, from the south and the east. */
  readonly count: (band: number, line: number, column: number) => number;
}

const HEADERS = { main: 3674, secondary: 1440, packet: 38, data: 445_248, trailer: 380_363 };
const FULL = 3712;
export const SLOPES = [0.02, 0.03, 0.02, 0.004, 0.008, 0.04, 0.13, 0.1, 0.2, 0.22, 0.16, 0.03];

export function nativeFile(facts: NativeFileFacts): Uint8Array {
  const { bands = 'XXXXXXXXXXXX', south = 1, north = FULL, east = 1, west = FULL, ascii = true } = facts;
  const lines = north - south + 1;
  const columns = Math.ceil((west - east + 1) / 4) * 4;
  const isFullWidth = columns === FULL;
  const hrvColumns = isFullWidth ? 5568 : columns * 3;
  const parts: Uint8Array[] = [];
  if (ascii)
    parts.push(mainHeader(), secondaryHeader(bands, { south, north, east, west, lines, columns, isFullWidth }));
  parts.push(new Uint8Array(HEADERS.packet), dataHeader(facts, { south, north, east, west }));
  for (let line = south; line <= north; line++) {
    for (let band = 0; band < 11; band++) {
      if (bands[band] === 'X') parts.push(record(facts, band, line, columns, east));
    }
    if (bands[11] !== 'X') continue;
    for (let third = 0; third < 3; third++) {
      const hrvLine = 3 * line - 2 + third;
      const window = facts.windows?.find(([from, to]) => hrvLine >= from && hrvLine <= to);
      parts.push(record(facts, 11, hrvLine, hrvColumns, window?.[2] ?? 3 * east - 2));
    }
  }
  parts.push(trailer(facts));
  const bytes = Uint8Array.from(Buffer.concat(parts));
  if (ascii) fillTable(bytes);
  return bytes;
}

/** The data sets of the main header: name of 30 octets, size and address of 16 each. */
function fillTable(bytes: Uint8Array): void {
  const header = HEADERS.packet + HEADERS.data;
  const image = HEADERS.main + HEADERS.secondary + header;
  const end = bytes.length - HEADERS.trailer;
  const sets = [
    ['15Header', header, HEADERS.main + HEADERS.secondary],
    ['15Data', end - image, image],
    ['15Trailer', HEADERS.trailer, end],
  ] as const;
  for (const [i, [name, size, address]] of sets.entries()) {
    const entry = name.padEnd(30) + `${size}`.padEnd(16) + `${address}`.padEnd(16);
    bytes.set(Buffer.from(entry), 6 * 80 + 62 * i);
  }
}

function asciiField(name: string, value: string): Buffer {
  return Buffer.from(`${name.padEnd(28)}: ${value}`.padEnd(79).concat('\n'), 'latin1');
}

/** 80 octets a field; 27 entries of 62 for the data sets. */
function mainHeader(): Uint8Array {
  const header = Buffer.alloc(HEADERS.main, ' ');
  const names = ['FormatName', 'FormatDocumentName', 'FormatDocumentMajorVersion', 'FormatDocumentMinorVersion'];
  const values = ['NATIVE', 'MSG/ICD/105', '7', '0'];
  names.forEach((name, i) => {
    asciiField(name, values[i]!).copy(header, 80 * i);
  });
  const after = 6 * 80 + 27 * 62;
  ['TotalFileSize', 'GORT', 'ASTI', 'LLOS', 'SNIT', 'AIID', 'SSBT', 'SSST', 'RRCC', 'RRBT', 'RRST', 'PPRC'].forEach(
    (name, i) => {
      asciiField(name, name === 'SNIT' ? '20210302123000.000Z' : '0').copy(header, after + 80 * i);
    },
  );
  asciiField('QQOV', 'OK').copy(header, after + 80 * 18);
  return header;
}

interface Area {
  readonly south: number;
  readonly north: number;
  readonly east: number;
  readonly west: number;
}

function secondaryHeader(
  bands: string,
  {
    south,
    north,
    east,
    west,
    lines,
    columns,
    isFullWidth,
  }: Area & { lines: number; columns: number; isFullWidth: boolean },
): Uint8Array {
  const before = ['ABID', 'SMOD', 'APXS', 'AVPA', 'LSCD', 'LMAP', 'QDLC', 'QDLP', 'QQAI'].map((name) => [name, '']);
  const fields: (readonly [string, string])[] = [
    ...(before as [string, string][]),
    ['SelectedBandIDs', bands],
    ['SouthLineSelectedRectangle', `${south}`],
    ['NorthLineSelectedRectangle', `${north}`],
    ['EastColumnSelectedRectangle', `${east}`],
    ['WestColumnSelectedRectangle', `${west}`],
    ['NumberLinesVISIR', `${lines}`],
    ['NumberColumnsVISIR', `${columns}`],
    ['NumberLinesHRV', `${lines * 3}`],
    ['NumberColumnsHRV', `${isFullWidth ? 11_136 : columns * 3}`],
  ];
  return Buffer.concat(fields.map(([name, value]) => asciiField(name, value)));
}

function dataHeader(facts: NativeFileFacts, { south, north, east, west }: Area): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADERS.data));
  view.setUint8(0, 1);
  view.setUint16(1, facts.satellite ?? 324);
  // Acquisition: 2021-03-02 12:30, days since 1958 and milliseconds.
  view.setUint16(60_135, 23_071);
  view.setUint32(60_137, 45_000_000);
  view.setUint8(386_893, 1);
  view.setFloat32(386_894, 0);
  for (const [at, size, step] of [
    [386_898, FULL, 3.0004031],
    [386_915, 11_136, 1.0001344],
  ] as const) {
    view.setInt32(at, size);
    view.setInt32(at + 4, size);
    view.setFloat32(at + 8, step);
    view.setFloat32(at + 12, step);
    view.setUint8(at + 16, 2);
  }
  [south, north, east, west].forEach((value, i) => {
    view.setInt32(386_932 + 4 * i, value);
  });
  windowsOf(facts).forEach((value, i) => {
    view.setInt32(386_948 + 4 * i, value);
  });
  for (let band = 0; band < 12; band++) {
    view.setUint8(386_982 + band, facts.processing ?? 2);
    view.setFloat64(387_066 + 16 * band, SLOPES[band]!);
    view.setFloat64(387_074 + 16 * band, -51 * SLOPES[band]!);
  }
  view.setUint8(408_145, facts.earthModel ?? 2);
  view.setFloat64(408_146, 6378.169);
  view.setFloat64(408_154, 6356.5838);
  view.setFloat64(408_162, 6356.5838);
  return new Uint8Array(view.buffer);
}

function windowsOf({ windows = [] }: NativeFileFacts): number[] {
  return windows.flatMap((window) => [...window]);
}

function trailer(facts: NativeFileFacts): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADERS.trailer));
  windowsOf(facts).forEach((value, i) => {
    view.setInt32(347 + 4 * i, value);
  });
  return new Uint8Array(view.buffer);
}

/** 65 octets, then 10 bits a pixel from the east to the west. */
function record(facts: NativeFileFacts, band: number, line: number, columns: number, east: number): Uint8Array {
  const bytes = new Uint8Array(65 + (columns * 10) / 8);
  const view = new DataView(bytes.buffer);
  // The packet's length counts from behind its header, less one.
  view.setInt32(18, bytes.length - 23);
  view.setUint16(39, facts.satellite ?? 324);
  view.setInt32(51, line);
  view.setUint8(55, band + 1);
  view.setUint8(62, 1);
  for (let i = 0, at = 65; i < columns; i += 4, at += 5) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => facts.count(band, line, east + i + j)) as [
      number,
      number,
      number,
      number,
    ];
    bytes.set([a >> 2, ((a & 3) << 6) | (b >> 4), ((b & 15) << 4) | (c >> 6), ((c & 63) << 2) | (d >> 8), d & 255], at);
  }
  return bytes;
}
