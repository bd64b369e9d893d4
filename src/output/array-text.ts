import type { ElementValue } from '../array/elements.js';
import { plainJson } from '../array/exact-json.js';
import { rowMajorStrides } from '../array/grid.js';

/** Elements to be written as text, in row-major order. */
export interface TextArray {
  readonly shape: readonly number[];
  /** A name for each axis. */
  readonly dims: readonly string[];
  /** The label at a place along an axis. */
  readonly label: (axis: number, index: number) => ElementValue;
  readonly value: (index: number) => ElementValue;
}

/** Text is given in pieces of about this length. */
const PIECE_CHARS = 64 * 1024;
/** As numpy abbreviates: axes longer than a thousand elements in all show so many at each end. */
const SUMMARY_ELEMENTS = 1000;
const EDGE_ITEMS = 3;

/** A row for each element: its labels, then its value; a missing value is empty. */
export function* csvText({ shape, dims, label, value }: TextArray): Generator<string> {
  let text = `${[...dims, 'value'].map(csvCell).join(',')}\n`;
  const count = shape.reduce((product, length) => product * length, 1);
  const place = shape.map(() => 0);
  const cells = shape.map((length, axis) => (length === 0 ? '' : csvCell(label(axis, 0))));
  for (let index = 0; index < count; index++) {
    text += `${[...cells, csvCell(value(index))].join(',')}\n`;
    if (text.length >= PIECE_CHARS) {
      yield text;
      text = '';
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis]! + 1) % shape[axis]!;
      cells[axis] = csvCell(label(axis, place[axis]!));
      if (place[axis] !== 0) break;
    }
  }
  yield text;
}

/** A cell of CSV (RFC 4180). */
function csvCell(value: ElementValue): string {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return '';
  const text = typeof value === 'object' ? JSON.stringify(value, (_, part) => plainJson(part)) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One JSON document: nested lists in the order of the axes. NaN is null, infinities and large integers are text. */
export function* jsonText({ shape, dims, label, value }: TextArray, array: string): Generator<string> {
  const coords = dims.map((dim, axis) => {
    const labels = Array.from({ length: shape[axis]! }, (_, index) => jsonValue(label(axis, index)));
    return `${JSON.stringify(dim)}: [${labels.join(', ')}]`;
  });
  const head = [
    `"array": ${JSON.stringify(array)}`,
    `"dims": ${JSON.stringify(dims)}`,
    `"shape": ${JSON.stringify(shape)}`,
  ];
  yield `{${[...head, `"coords": {${coords.join(', ')}}`].join(', ')}, "data": `;
  let text = '';
  const rows = nestedText(shape, 0, { at: 0 }, (index) => jsonValue(value(index)));
  for (const piece of rows) {
    text += piece;
    if (text.length < PIECE_CHARS) continue;
    yield text;
    text = '';
  }
  yield `${text}}\n`;
}

function jsonValue(value: ElementValue): string {
  if (typeof value === 'number' && Number.isNaN(value)) return 'null';
  return JSON.stringify(plainJson(value), (_, part) => (Number.isNaN(part) ? null : plainJson(part)));
}

function* nestedText(
  shape: readonly number[],
  axis: number,
  next: { at: number },
  element: (index: number) => string,
): Generator<string> {
  if (axis === shape.length) {
    yield element(next.at++);
    return;
  }
  yield '[';
  for (let i = 0; i < shape[axis]!; i++) {
    if (i > 0) yield ', ';
    yield* nestedText(shape, axis + 1, next, element);
  }
  yield ']';
}

/** The elements as numpy prints them: of many only those at the edges. */
export function arrayText({ shape, value }: TextArray): string {
  const count = shape.reduce((product, length) => product * length, 1);
  const isAbbreviated = count > SUMMARY_ELEMENTS;
  const strides = rowMajorStrides(shape, 1);
  const shown = new Map<number, string>();
  const lines = textOf(0, 0);
  const width = Math.max(0, ...[...shown.values()].map((text) => text.length));
  return `${lines.replaceAll(/\0(\d+)\0/g, (_, index) => shown.get(Number(index))!.padStart(width))}\n`;

  function textOf(axis: number, at: number): string {
    if (axis === shape.length) {
      shown.set(at, elementText(value(at)));
      return `\0${at}\0`;
    }
    const length = shape[axis]!;
    const isCut = isAbbreviated && length > EDGE_ITEMS * 2;
    const places = Array.from({ length }, (_, i) => i).filter(
      (i) => !isCut || i < EDGE_ITEMS || i >= length - EDGE_ITEMS,
    );
    const parts = places.map((i) => textOf(axis + 1, at + i * strides[axis]!));
    if (isCut) parts.splice(EDGE_ITEMS, 0, '...');
    const isRow = axis === shape.length - 1;
    const separator = isRow ? ' ' : `${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(axis + 1)}`;
    return `[${parts.join(separator)}]`;
  }
}

function elementText(value: ElementValue): string {
  if (value === null) return 'NaT';
  if (typeof value === 'number') return Number.isNaN(value) ? 'nan' : String(Number(value.toPrecision(8)));
  return typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);
}
