import type { AbsolutePath } from '../../store/keys.js';
import type { ByteSource } from '../chunked-array.js';
import { FULL_HRV_LINES, HRV, type NativeHeader, type Rectangle } from './header.js';
import type { Layout } from './lines.js';

/** An open file. */
export interface NativeFile {
  readonly header: NativeHeader;
  readonly layout: Layout;
  readonly size: number;
  readonly source: ByteSource;
  readonly key: AbsolutePath;
  /** What HRV covers. */
  readonly windows: readonly Rectangle[];
}

/** Which part of the full disk an array covers, and how many pixels its records have. */
export interface Frame {
  readonly rows: number;
  readonly columns: number;
  /** Pixels of a record. */
  readonly pixels: number;
  /** The number of the southern line and of the western column in the full disk, from 1. */
  readonly south: number;
  readonly west: number;
  /** The first column of a line, from the west. @param line its number in the full disk. */
  readonly columnOf: (line: number) => number;
}

export function frameOf({ header, windows }: NativeFile, band: number): Frame {
  const { rectangle, lines, columns, hrvLines, hrvColumns } = header;
  if (band !== HRV) {
    const width = rectangle.west - rectangle.east + 1;
    return {
      rows: lines,
      columns: width,
      pixels: Math.min(columns, width),
      south: rectangle.south,
      west: rectangle.west,
      columnOf: () => 0,
    };
  }
  const south = 3 * rectangle.south - 2;
  if (windows.length === 0) {
    return {
      rows: hrvLines,
      columns: hrvColumns,
      pixels: hrvColumns,
      south,
      west: 3 * rectangle.west,
      columnOf: () => 0,
    };
  }
  const columnOf = (line: number) => {
    const window = windows.find((one) => line >= one.south && line <= one.north) ?? windows.at(-1)!;
    return Math.min(FULL_HRV_LINES - window.west, FULL_HRV_LINES - hrvColumns);
  };
  return { rows: hrvLines, columns: FULL_HRV_LINES, pixels: hrvColumns, south, west: FULL_HRV_LINES, columnOf };
}
