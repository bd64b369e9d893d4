import type { FieldKeys } from '../../formats/grib/describe.js';
import type { GribField } from '../../formats/grib/field.js';
import { packingText } from '../../formats/grib/packing-type.js';

interface Row {
  readonly field: GribField;
  readonly keys: FieldKeys;
}

const HEAD = ['field', 'offset', 'name', 'level', 'time', 'packing', 'grid'];
/** Columns of numbers. */
const TO_THE_RIGHT = new Set([0, 1]);

/** The fields of a file as a table, its name above it where several files are listed. */
export function longTable(rows: readonly Row[], name: string | undefined): string {
  const cells = rows.map(({ field, keys }) => [
    field.number,
    `${field.message.offset}`,
    keys.shortName,
    keys.words.level,
    [keys.words.time, ...keys.words.extras].join(', '),
    packingText(field),
    `${keys.gridShape === undefined ? keys.points : keys.gridShape.join('x')} ${keys.gridType}`,
  ]);
  const table = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => padded(cell, widths[i]!, i))
      .join('  ')
      .trimEnd(),
  );
  return `${[...(name === undefined ? [] : [`${name}:`]), ...lines].join('\n')}\n`;
}

function padded(cell: string, width: number, column: number): string {
  return TO_THE_RIGHT.has(column) ? cell.padStart(width) : cell.padEnd(width);
}
