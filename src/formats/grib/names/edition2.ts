import type { GribField } from '../field.js';
import { u16 } from '../octets.js';
import { abbreviationOf } from './abbreviations.js';
import { centreCode } from './centres.js';
import { type Described, isoDate } from './described.js';
import { type EcmwfName, ecmwfName, keyValues, levelTypeOf } from './ecmwf.js';
import { Product } from './product.js';
import { stepsOf } from './steps.js';
import { inventoryWords, surfaceOf } from './wgrib2.js';

const MISSING = 255;
const ISOBARIC = 100;
const HPA = 100;

/** stepType by code table 4.10. */
const STEP_TYPES: Readonly<Record<number, string>> = {
  0: 'avg',
  1: 'accum',
  2: 'max',
  3: 'min',
  4: 'diff',
  5: 'rms',
  6: 'sd',
  7: 'cov',
  8: 'sdiff',
  9: 'ratio',
  10: 'stdanom',
  11: 'sum',
  100: 'severity',
  101: 'mode',
  255: 'instant',
};

/** Names a GRIB2 field. */
export function describeTwo(field: GribField): Described {
  const { identification, discipline } = field;
  const product = new Product(field.product);
  const { category, parameter } = product;
  const levels = levelsOf(product);
  const stepType = stepTypeOf(product);
  const values = keyValues(field, product, levels.isPascal ? 'Pa' : 'hPa', stepType);
  const centre = u16(identification, 5);
  const subcentre = u16(identification, 7);
  const abbreviation = abbreviationOf(centre, subcentre, discipline, category, parameter);
  const numbers = `${discipline}.${category}.${parameter}`;
  // The lines of an inventory do without ECMWF's names: these cost most of the time.
  let name: EcmwfName | undefined | null = null;
  const ecmwf = () => {
    if (name === null) name = ecmwfName(field, product, values);
    return name;
  };
  let typeOfLevel: string | undefined;
  return {
    centre: centreCode(centre),
    centreNumber: centre,
    subcentre,
    parameter: numbers,
    get shortName() {
      return ecmwf()?.shortName ?? numbers;
    },
    get paramId() {
      return ecmwf()?.paramId ?? 0;
    },
    get typeOfLevel() {
      typeOfLevel ??= levelTypeOf(centre, values);
      return typeOfLevel;
    },
    level: levels.top,
    topLevel: levels.top,
    bottomLevel: levels.bottom,
    date: isoDate(u16(identification, 12), ...(identification.subarray(14, 19) as unknown as Clock)),
    ...productSteps(product),
    stepType,
    member: product.get('perturbationNumber'),
    units: abbreviation?.unit,
    longName: abbreviation?.name,
    words: inventoryWords(field),
  };
}

type Clock = [month: number, day: number, hour: number, minute: number, second: number];

function stepTypeOf(product: Product): string {
  const operation = product.get('typeOfStatisticalProcessing');
  if (operation === undefined) return 'instant';
  return STEP_TYPES[operation] ?? 'unknown';
}

function productSteps(product: Product) {
  const unit = product.number('indicatorOfUnitOfTimeRange', 1);
  const start = product.number('forecastTime', 0);
  const length = product.get('lengthOfTimeRange');
  // Fields of successive runs: the length is a span of reference times, not of steps.
  const isOfRuns = product.get('typeOfTimeIncrement') === 1;
  const usable = length === undefined || Number.isNaN(length) || isOfRuns ? undefined : length;
  return stepsOf(start, unit, usable, product.number('indicatorOfUnitForTimeRange', unit));
}

/** ecCodes' levels: hPa for pressures of at least 1 hPa, else the unit of the code table. */
function levelsOf(product: Product): { top: number; bottom: number; isPascal: boolean } {
  const first = surfaceOf(product, 'First');
  const second = surfaceOf(product, 'Second');
  const scale = product.number('scaleFactorOfFirstFixedSurface', 0);
  const isPascal = first.type === ISOBARIC && scale === 0 && first.value < HPA;
  const value = (surface: { type: number; value: number }) => {
    if (Number.isNaN(surface.value)) return 0;
    return surface.type === ISOBARIC && !isPascal ? surface.value / HPA : surface.value;
  };
  const top = value(first);
  return { top, bottom: second.type === MISSING ? top : value(second), isPascal };
}
