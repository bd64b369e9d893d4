import type { GribField } from './field.js';
import type { FieldShape } from './field-shape.js';
import type { Described } from './names/described.js';
import { describeOne } from './names/edition1.js';
import { DescribedTwo } from './names/edition2.js';

/** What a field is, in ecCodes' keys and in wgrib2's words. Most is looked up when it is asked for. */
export type FieldKeys = Described & FieldShape;

/** Names a field. */
export function describeField(field: GribField): FieldKeys {
  return field.edition === 2 ? new DescribedTwo(field) : describeOne(field);
}

/** A line of wgrib2's inventory, without a line end. */
export function inventoryLine(field: GribField, { date, words }: FieldKeys): string {
  const extras = words.extras.map((extra) => `${extra}:`).join('');
  const reference = date.replaceAll(/[-T:]/g, '').slice(0, 10);
  return `${field.number}:${field.message.offset}:d=${reference}:${words.variable}:${words.level}:${words.time}:${extras}`;
}
