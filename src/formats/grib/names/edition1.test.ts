import { describe, expect, test } from 'vitest';
import { describeField } from '../describe.js';
import { type GribField, NO_BITMAP } from '../field.js';

/** A field with a section 1 of 60 octets; octets are 1-based, as the manual has them. */
function field(octets: Readonly<Record<number, number>>): GribField {
  const product = new Uint8Array(60);
  for (const [octet, value] of Object.entries({ 13: 24, 14: 2, 15: 29, 25: 21, ...octets })) {
    product[Number(octet) - 1] = value;
  }
  const nothing = new Uint8Array(0);
  const extent = { offset: 0, length: 0 };
  const headers = { identification: product, product, grid: nothing, packing: new Uint8Array(32), bitmap: NO_BITMAP };
  return { number: '1', edition: 1, message: extent, discipline: 255, data: extent, ...headers };
}

describe('describeOne()', () => {
  // As ecCodes' key `number` has it, by its definitions local.98.N.def.
  test.each([
    ['local definition 1', { 5: 98, 41: 1, 50: 7 }, 7],
    ['local definition 36, members of ERA5', { 5: 98, 41: 36, 50: 9 }, 9],
    ['local definition 15 has two octets', { 5: 98, 41: 15, 50: 1, 51: 2 }, 258],
    ["another centre's field in ECMWF's archive", { 5: 74, 26: 98, 41: 12, 50: 0, 51: 27 }, 27],
    ['another centre', { 5: 7, 41: 1, 50: 7 }, undefined],
    ['local definition 2, clusters', { 5: 98, 41: 2, 50: 7 }, undefined],
  ])('the ensemble member: %s', (_, octets, member) => {
    expect(describeField(field(octets)).member).toBe(member);
  });
});
