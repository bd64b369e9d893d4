import type { GribField } from './field.js';
import { u16 } from './octets.js';

/** ecCodes' packingType by the number of template 5; `grid_run_length` is our word for JMA's. */
const TYPES: Readonly<Record<number, string>> = {
  0: 'grid_simple',
  1: 'grid_simple_matrix',
  2: 'grid_complex',
  3: 'grid_complex_spatial_differencing',
  4: 'grid_ieee',
  40: 'grid_jpeg',
  41: 'grid_png',
  42: 'grid_ccsds',
  50: 'spectral_simple',
  51: 'spectral_complex',
  53: 'bifourier_complex',
  61: 'grid_simple_log_preprocessing',
  200: 'grid_run_length',
  40000: 'grid_jpeg',
  40010: 'grid_png',
};

/** ecCodes' packingType, `template 5.N` where it has none. */
export function packingTypeOf({ edition, packing }: GribField): string {
  if (edition === 2) return TYPES[u16(packing, 9)] ?? `template 5.${u16(packing, 9)}`;
  const flags = packing[3]! & 0xc0;
  return ['grid_simple', 'grid_second_order', 'spectral_simple', 'spectral_complex'][flags >>> 6]!;
}

/** For people: `5.3/2 10 bit` is template 5.3 of order 2 with 10 bits a number. */
export function packingText({ edition, packing }: GribField): string {
  if (edition === 1) return `grib1 ${packing[10]} bit`;
  const template = u16(packing, 9);
  const order = template === 3 && packing.length > 47 ? `/${packing[47]}` : '';
  return `5.${template}${order}${packing.length > 19 && template !== 4 ? ` ${packing[19]} bit` : ''}`;
}
