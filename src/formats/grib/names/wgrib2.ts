import type { GribField } from '../field.js';
import { u16 } from '../octets.js';
import { abbreviationOf } from './abbreviations.js';
import type { InventoryWords } from './described.js';
import type { Product } from './product.js';
import { CONSTITUENTS } from './tables/constituents.js';
import { general, levelText, type Surface } from './texts.js';
import { timeText } from './time-text.js';

const NCEP = 7;
const ECMWF = 98;
const MISSING = 255;

/** A GRIB2 field in wgrib2's words. */
export function inventoryWords(field: GribField, product: Product): InventoryWords {
  const centre = u16(field.identification, 5);
  const { category, parameter } = product;
  const isOldExtreme =
    field.discipline === 0 &&
    centre === NCEP &&
    category === 0 &&
    field.identification[9]! <= 5 &&
    (parameter === 4 || parameter === 5);
  return {
    variable: variableText(field, product, centre),
    level: levelText(surfaceOf(product, 'First'), surfaceOf(product, 'Second'), centre),
    time: timeText(product, field.product, isOldExtreme),
    extras: extrasOf(product, centre, field.identification[9]!),
  };
}

function variableText({ discipline, identification }: GribField, product: Product, centre: number): string {
  const { category, parameter } = product;
  const found = abbreviationOf(centre, u16(identification, 7), discipline, category, parameter);
  if (found !== undefined) return found.abbreviation;
  const where = `discipline=${discipline} center=${centre} local_table=${identification[10]}`;
  return `var ${where} parmcat=${category} parm=${parameter}`;
}

/** The keys of a surface: type, scale, value. Whole names: names put together are slow to look up. */
const SURFACE_KEYS = {
  First: ['typeOfFirstFixedSurface', 'scaleFactorOfFirstFixedSurface', 'scaledValueOfFirstFixedSurface'],
  Second: ['typeOfSecondFixedSurface', 'scaleFactorOfSecondFixedSurface', 'scaledValueOfSecondFixedSurface'],
} as const;

/** A fixed surface with its value scaled; NaN where the value is missing. */
export function surfaceOf(product: Product, which: 'First' | 'Second'): Surface {
  const [typeKey, scaleKey, valueKey] = SURFACE_KEYS[which];
  const scale = product.get(scaleKey) ?? Number.NaN;
  const value = product.get(valueKey) ?? Number.NaN;
  return { type: product.get(typeKey) ?? MISSING, value: scaled(scale, signed(value)) };
}

/** The manual says unsigned; producers write signs, as wgrib2 reads them. */
function signed(value: number): number {
  return value >= 2 ** 31 ? 2 ** 31 - value : value;
}

/** 10 to a positive power is exact, to a negative one is not: dividing rounds once. */
export function scaled(scale: number, value: number): number {
  return scale >= 0 ? value / 10 ** scale : value * 10 ** -scale;
}

function extrasOf(product: Product, centre: number, tables: number): string[] {
  const extras = [ensembleText(product, centre), ...probabilityText(product), processText(product, centre)];
  if (product.template === 7) extras.push('analysis/forecast error');
  const percentile = product.get('percentileValue');
  if (percentile !== undefined) extras.push(`${percentile}% level`);
  const constituent = product.get('constituentType');
  if (constituent !== undefined) {
    const isAerosol = product.has('aerosolType');
    const name = tables <= 4 && centre === ECMWF ? `${constituent}` : constituentText(constituent);
    extras.push(`${isAerosol ? 'aerosol' : 'chemical'}=${name}`);
    if (isAerosol && product.has('typeOfSizeInterval')) {
      extras.push(
        intervalText(product, 'Size', 'aerosol_size') + intervalText(product, 'Wavelength', ':aerosol_wavelength'),
      );
    }
  }
  return extras.filter((extra) => extra !== '');
}

const MEMBERS: Readonly<Record<number, string>> = {
  2: 'ENS=-',
  3: 'ENS=+',
  4: 'MM-ENS=',
  5: 'NP-ENS=',
  6: 'P-ENS=',
  7: 'IC-ENS=',
  8: 'MP-ENS=',
  9: 'ICMP-ENS=',
};

/** Code table 4.7, all members; a cluster has its own words for 2, 3 and 6. */
const DERIVED: Readonly<Record<number, string>> = {
  0: 'ens mean',
  1: 'wt ens mean',
  2: 'ens std dev',
  3: 'normalized ens std dev',
  4: 'ens spread',
  5: 'ens large anom index',
  6: 'unwt ens mean',
  7: '25%-75% range',
  8: 'min all members',
  9: 'max all members',
};
const CLUSTER: Readonly<Record<number, string>> = {
  2: 'cluster std dev',
  3: 'normalized cluster std dev',
  6: 'unwt cluster mean',
};
const NCEP_DERIVED: Readonly<Record<number, string>> = {
  192: 'unwt mode all members',
  193: '10% all members',
  194: '50% all members',
  195: '90% all members',
  196: 'stat. weight for each members',
  197: 'percentile from climate distribution',
  198: 'deviation of ens mean from daily climo',
  199: 'extreme forecast index',
  200: 'equally weighted mean',
  201: '5% all members',
  202: '25% all members',
  203: '75% all members',
  204: '95% all members',
};

function ensembleText(product: Product, centre: number): string {
  const derived = product.get('derivedForecast');
  if (derived !== undefined) {
    const ofAll = product.template === 2 || product.template === 12;
    const text = (ofAll ? undefined : CLUSTER[derived]) ?? DERIVED[derived];
    return text ?? (centre === NCEP ? NCEP_DERIVED[derived] : undefined) ?? 'unknown derived fcst';
  }
  let type = product.get('typeOfEnsembleForecast');
  if (type === undefined) return '';
  const member = product.get('perturbationNumber') ?? 0;
  // ECMWF leaves the type out and has low-resolution controls and positive members only.
  if (centre === ECMWF && type === MISSING && (product.get('numberOfForecastsInEnsemble') ?? 0) > 0) {
    type = member === 0 ? 1 : 3;
  }
  if (type === 0) return 'ENS=hi-res ctl';
  if (type === 1) return 'ENS=low-res ctl';
  if (type === 192 && centre === NCEP) return `ENS=${member}`;
  const text = MEMBERS[type];
  return text === undefined ? `ENS=? table4.6=${type} pert=${member}` : `${text}${member}`;
}

function probabilityText(product: Product): string[] {
  const type = product.get('probabilityType');
  if (type === undefined) return [];
  const limit = (which: string) =>
    general(scaled(product.number(`scaleFactorOf${which}Limit`, 0), product.number(`scaledValueOf${which}Limit`, 0)));
  const [lower, upper] = [limit('Lower'), limit('Upper')];
  const texts = [
    `prob <${lower}`,
    `prob >${upper}`,
    lower === upper ? `prob =${lower}` : `prob >=${lower} <${upper}`,
    `prob >${lower}`,
    `prob <${upper}`,
    `prob =${lower}`,
    'prob above normal',
    'prob near normal',
    'prob below normal',
  ];
  const number = product.get('forecastProbabilityNumber');
  const total = product.get('totalNumberOfForecastProbabilities');
  return [texts[type] ?? `prob ?? (code table 4.9=${type})`, `prob fcst ${number}/${total}`];
}

function processText(product: Product, centre: number): string {
  const process = product.get('typeOfGeneratingProcess') ?? MISSING;
  if (process === 5) return 'probability forecast';
  if (process === 6 || process === 7) return 'analysis/forecast error';
  if (process === 9) return 'climatological';
  if (centre === NCEP && process === 192) return 'Confidence Indicator';
  if (centre === NCEP && process === 194) return 'Neighborhood Probability';
  return process >= 192 && process !== MISSING ? `process=${process}` : '';
}

let constituents: Map<number, string> | undefined;

function constituentText(type: number): string {
  constituents ??= new Map(
    CONSTITUENTS.trim()
      .split('\n')
      .map((line) => [Number.parseInt(line, 10), line.slice(line.indexOf(' ') + 1)]),
  );
  const name = constituents.get(type);
  // The table of ecCodes has the formula behind the name.
  return type < 10_000 ? (name?.replace(/(.) [A-Z][A-Za-z0-9()+*]*$/, '$1') ?? `${type}`) : (name ?? `${type}`);
}

/** Code table 4.91: how two limits bound a size or a wavelength. */
function intervalText(product: Product, of: 'Size' | 'Wavelength', label: string): string {
  const type = product.get(`typeOf${of}Interval`);
  if (type === undefined || type === MISSING) return '';
  const limit = (which: string) =>
    general(scaled(product.number(`scaleFactorOf${which}${of}`, 0), product.number(`scaledValueOf${which}${of}`, 0)));
  const [first, second] = [limit('First'), limit('Second')];
  const texts = [
    `<${first}`,
    `>${second}`,
    `>=${first},<${second}`,
    `>${first}`,
    `<${second}`,
    `<=${first}`,
    `>=${second}`,
    `>=${first},<=${second}`,
    `>=${first}`,
    `<=${second}`,
    `>${first},<=${second}`,
    `=${first}`,
  ];
  return `${label} ${texts[type] ?? `?? (code table 4.91=${type})`}`;
}
