import { HRV, type NativeHeader } from './header.js';

/** Bytes of a line record before its pixels: a packet header, then the line's own. */
export const LINE_HEAD_BYTES = 65;
const HRV_LINES = 3;
/** Offsets in the record. */
const SATELLITE_AT = 39;
const LINE_AT = 51;
const CHANNEL_AT = 55;
const VALIDITY_AT = 62;
const VALID = 1;

/** Where the records of a file lie. */
export interface Layout {
  readonly imageAt: number;
  /** Bytes of all records of one line of the infrared channels. */
  readonly groupBytes: number;
  readonly recordBytes: number;
  readonly hrvRecordBytes: number;
  /** Infrared and visible channels of the file, in order. */
  readonly channels: readonly number[];
  /** Where the trailer begins if the file is whole. */
  readonly trailerAt: number;
}

export function layoutOf({ imageAt, bands, columns, hrvColumns, lines }: NativeHeader): Layout {
  const channels = bands.filter((band) => band !== HRV);
  const recordBytes = LINE_HEAD_BYTES + (columns * 10) / 8;
  const hrvRecordBytes = bands.includes(HRV) ? LINE_HEAD_BYTES + (hrvColumns * 10) / 8 : 0;
  const groupBytes = channels.length * recordBytes + HRV_LINES * hrvRecordBytes;
  return { imageAt, groupBytes, recordBytes, hrvRecordBytes, channels, trailerAt: imageAt + lines * groupBytes };
}

/** The place of a line's record. @param line from 0, counted from the south. */
export function recordExtent(layout: Layout, band: number, line: number): { offset: number; length: number } {
  const { imageAt, groupBytes, recordBytes, hrvRecordBytes, channels } = layout;
  if (band !== HRV) {
    return { offset: imageAt + line * groupBytes + channels.indexOf(band) * recordBytes, length: recordBytes };
  }
  const group = imageAt + Math.floor(line / HRV_LINES) * groupBytes + channels.length * recordBytes;
  return { offset: group + (line % HRV_LINES) * hrvRecordBytes, length: hrvRecordBytes };
}

/** What a record must say of itself. */
export interface ExpectedLine {
  readonly satellite: number;
  /** From 0. */
  readonly band: number;
  /** The number in the full disk, from 1. */
  readonly number: number;
}

/** True for a record that is the line it should be, and is marked as good. */
export function isGoodLine(record: Uint8Array, { satellite, band, number }: ExpectedLine): boolean {
  const view = new DataView(record.buffer, record.byteOffset, LINE_HEAD_BYTES);
  return (
    view.getUint8(VALIDITY_AT) === VALID &&
    view.getUint8(CHANNEL_AT) === band + 1 &&
    view.getInt32(LINE_AT) === number &&
    view.getUint16(SATELLITE_AT) === satellite
  );
}

/**
 * Unpacks the pixels of a record, four in five bytes, and turns them: stored from the east, wanted from the west.
 *
 * @param table the value of each of the 1,024 counts.
 * @param count pixels wanted; those stored beyond them are padding.
 * @param skip so many pixels in the east are left alone: a multiple of 4.
 */
export function unpackLine(
  record: Uint8Array,
  table: Float32Array,
  count: number,
  out: Float32Array,
  skip: number = 0,
): void {
  let at = LINE_HEAD_BYTES + (skip / 4) * 5;
  let to = count - 1 - skip;
  for (; to >= 3; to -= 4, at += 5) {
    const second = record[at + 1]!;
    const third = record[at + 2]!;
    const fourth = record[at + 3]!;
    out[to] = table[(record[at]! << 2) | (second >>> 6)]!;
    out[to - 1] = table[((second & 0x3f) << 4) | (third >>> 4)]!;
    out[to - 2] = table[((third & 0x0f) << 6) | (fourth >>> 2)]!;
    out[to - 3] = table[((fourth & 0x03) << 8) | record[at + 4]!]!;
  }
  for (let bit = 0; to >= 0; to--, bit += 10) {
    const byte = at + (bit >>> 3);
    out[to] = table[(((record[byte]! << 8) | record[byte + 1]!) >>> (6 - (bit & 7))) & 0x3ff]!;
  }
}
