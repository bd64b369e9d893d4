import type { GribField } from '../field.js';
import { FieldShape } from '../field-shape.js';
import { u16 } from '../octets.js';
import { abbreviationOf } from './abbreviations.js';
import { centreCode } from './centres.js';
import { type Described, type InventoryWords, isoDate } from './described.js';
import { type EcmwfName, ecmwfName, keyValues, levelTypeOf } from './ecmwf.js';
import { Product } from './product.js';
import { type Steps, stepsOf } from './steps.js';
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

/** Names a GRIB2 field. Lines of an inventory need a few of these names only, and the others cost most of the time. */
export class DescribedTwo extends FieldShape implements Described {
  readonly #field: GribField;
  readonly #product: Product;
  #levels: Levels | undefined;
  #name: EcmwfName | null | undefined;
  #typeOfLevel: string | undefined;
  #steps: Steps | undefined;
  #words: InventoryWords | undefined;

  constructor(field: GribField) {
    super(field);
    this.#field = field;
    this.#product = new Product(field.product);
  }

  get centre(): string {
    return centreCode(this.centreNumber);
  }

  get centreNumber(): number {
    return u16(this.#field.identification, 5);
  }

  get subcentre(): number {
    return u16(this.#field.identification, 7);
  }

  get parameter(): string {
    const { category, parameter } = this.#product;
    return `${this.#field.discipline}.${category}.${parameter}`;
  }

  get shortName(): string {
    return this.#ecmwfName?.shortName ?? this.parameter;
  }

  get paramId(): number {
    return this.#ecmwfName?.paramId ?? 0;
  }

  get typeOfLevel(): string {
    this.#typeOfLevel ??= levelTypeOf(this.centreNumber, this.#keyValues());
    return this.#typeOfLevel;
  }

  get level(): number {
    return this.#levelsOf().top;
  }

  get topLevel(): number {
    return this.#levelsOf().top;
  }

  get bottomLevel(): number {
    return this.#levelsOf().bottom;
  }

  get date(): string {
    const { identification } = this.#field;
    return isoDate(u16(identification, 12), ...(identification.subarray(14, 19) as unknown as Clock));
  }

  get stepRange(): string {
    return this.#stepsOf().stepRange;
  }

  get startStep(): number {
    return this.#stepsOf().startStep;
  }

  get endStep(): number {
    return this.#stepsOf().endStep;
  }

  get stepUnitSeconds(): number {
    return this.#stepsOf().stepUnitSeconds;
  }

  get stepType(): string {
    return stepTypeOf(this.#product);
  }

  get member(): number | undefined {
    return this.#product.get('perturbationNumber');
  }

  get units(): string | undefined {
    return this.#abbreviation()?.unit;
  }

  get longName(): string | undefined {
    return this.#abbreviation()?.name;
  }

  get words(): InventoryWords {
    this.#words ??= inventoryWords(this.#field, this.#product);
    return this.#words;
  }

  get #ecmwfName(): EcmwfName | undefined {
    if (this.#name === undefined) this.#name = ecmwfName(this.#field, this.#product, this.#keyValues()) ?? null;
    return this.#name ?? undefined;
  }

  #keyValues() {
    return keyValues(this.#field, this.#product, this.#levelsOf().isPascal ? 'Pa' : 'hPa', this.stepType);
  }

  #levelsOf(): Levels {
    this.#levels ??= levelsOf(this.#product);
    return this.#levels;
  }

  #stepsOf(): Steps {
    this.#steps ??= productSteps(this.#product);
    return this.#steps;
  }

  #abbreviation() {
    const { category, parameter } = this.#product;
    return abbreviationOf(this.centreNumber, this.subcentre, this.#field.discipline, category, parameter);
  }
}

type Clock = [month: number, day: number, hour: number, minute: number, second: number];

function stepTypeOf(product: Product): string {
  const operation = product.get('typeOfStatisticalProcessing');
  if (operation === undefined) return 'instant';
  return STEP_TYPES[operation] ?? 'unknown';
}

function productSteps(product: Product): Steps {
  const unit = product.number('indicatorOfUnitOfTimeRange', 1);
  const start = product.number('forecastTime', 0);
  const length = product.get('lengthOfTimeRange');
  // Fields of successive runs: the length is a span of reference times, not of steps.
  const isOfRuns = product.get('typeOfTimeIncrement') === 1;
  const usable = length === undefined || Number.isNaN(length) || isOfRuns ? undefined : length;
  return stepsOf(start, unit, usable, product.number('indicatorOfUnitForTimeRange', unit));
}

interface Levels {
  readonly top: number;
  readonly bottom: number;
  readonly isPascal: boolean;
}

/** ecCodes' levels: hPa for pressures of at least 1 hPa, else the unit of the code table. */
function levelsOf(product: Product): Levels {
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
