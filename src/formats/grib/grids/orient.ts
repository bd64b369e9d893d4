/** Flags of code table 3.4, the same in GRIB1's table 8. */
const EAST_TO_WEST = 0x80;
const SOUTH_TO_NORTH = 0x40;
const COLUMNS_FIRST = 0x20;
const ALTERNATING = 0x10;

/**
 * Puts values into rows from the north with columns from the west. The array itself is changed where that needs no
 * other.
 *
 * @param scanning the scanning mode of the message.
 * @returns the values, row by row.
 */
export function orient<Values extends Float32Array | Float64Array>(
  values: Values,
  rows: number,
  columns: number,
  scanning: number,
): Values {
  if (scanning & ALTERNATING) {
    if (scanning & COLUMNS_FIRST) reverseEverySecond(values, columns, rows);
    else reverseEverySecond(values, rows, columns);
  }
  let result = values;
  if (scanning & COLUMNS_FIRST) {
    result = values.slice() as Values;
    for (let column = 0, from = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) result[row * columns + column] = values[from++]!;
    }
  }
  if (scanning & EAST_TO_WEST) for (let row = 0; row < rows; row++) reverse(result, row * columns, columns);
  if (scanning & SOUTH_TO_NORTH) reverseRows(result, rows, columns);
  return result;
}

function reverseEverySecond(values: Float32Array | Float64Array, lines: number, length: number): void {
  for (let line = 1; line < lines; line += 2) reverse(values, line * length, length);
}

function reverse(values: Float32Array | Float64Array, from: number, length: number): void {
  values.subarray(from, from + length).reverse();
}

function reverseRows(values: Float32Array | Float64Array, rows: number, columns: number): void {
  const spare = values.slice(0, columns);
  for (let top = 0, bottom = rows - 1; top < bottom; top++, bottom--) {
    const upper = values.subarray(top * columns, (top + 1) * columns);
    spare.set(upper);
    upper.set(values.subarray(bottom * columns, (bottom + 1) * columns));
    values.set(spare, bottom * columns);
  }
}
