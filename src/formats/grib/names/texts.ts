/** Words of wgrib2's inventories: level types of code table 4.5, units of 4.4, operations of 4.10. `%` is the value. */

const LEVELS: Readonly<Record<number, string>> = {
  1: 'surface',
  2: 'cloud base',
  3: 'cloud top',
  4: '0C isotherm',
  5: 'level of adiabatic condensation from sfc',
  6: 'max wind',
  7: 'tropopause',
  8: 'top of atmosphere',
  9: 'sea bottom',
  10: 'entire atmosphere',
  11: 'cumulonimbus base',
  12: 'cumulonimbus top',
  13: 'lowest level %% integrated cloud cover',
  14: 'level of free convection',
  15: 'convection condensation level',
  16: 'level of neutral buoyancy',
  17: 'Departure level of most unstable parcel of air (MUDL)',
  18: 'Departure level of mixed layer parcel of air with specified layer depth % (Pa)',
  20: '% K level',
  21: 'lowest level > % kg/m^3',
  22: 'highest level > % kg/m^3',
  23: 'lowest level > % Bq/m^3',
  24: 'highest level > % Bg/m^3',
  25: 'highest level > % dBZ',
  26: 'convective cloud layer base',
  27: 'convective clout layer top',
  30: 'specified radius from center of sun',
  31: 'solar photosphere',
  32: 'ionosphere D-region level',
  33: 'ionosphere E-region level',
  34: 'ionosphere F1-region level',
  35: 'ionosphere F2-region level',
  36: 'stratopause',
  100: '% mb',
  101: 'mean sea level',
  102: '% m above mean sea level',
  103: '% m above ground',
  104: '% sigma level',
  105: '% hybrid level',
  106: '% m underground',
  107: '% K isentropic level',
  108: '% mb above ground',
  109: 'PV=% (Km^2/kg/s) surface',
  111: '% Eta level',
  113: '% logarithmic hybrid level',
  114: 'snow level',
  115: '% sigma height level',
  117: 'mixed layer depth',
  118: '% hybrid height level',
  119: '% hybrid pressure level',
  150: '% generalized vertical height coordinate',
  151: 'soil level %',
  152: 'sea-ice level',
  160: '% m below sea level',
  161: '% m below water surface',
  162: 'lake or river bottom',
  163: 'bottom of sediment layer',
  164: 'bottom of thermally active sediment layer',
  165: 'bottom of sediment layer penetrated by thermal wave',
  166: 'mixing layer',
  167: 'bottom of root zone',
  168: 'ocean model level %',
  169: 'ocean level % (kg*m-3) density difference to near surface',
  170: 'ocean level % (K) pot. temperature difference to near surface',
  171: 'ocean level % (m*m/s) vertical eddy diffusivity difference from near surface',
  172: 'mixed layer depth (delta rho=%)',
  174: 'top surface of ice on sea, lake or river',
  175: 'top surface of ice, und snow on sea, lake or river',
  176: 'bottom surface ice on sea, lake or river',
  177: 'deep soil',
  179: 'top surface of glacier ice and inland ice',
  180: 'deep inland or glacier ice',
  181: 'grid tile land fraction as a model surface',
  182: 'grid tile water fraction as a model surface',
  183: 'grid tile ice fraction on sea, lake or river as a model surface',
  184: 'grid tile glacier ice and inland ice fraction as a model surface',
};

const NCEP_LEVELS: Readonly<Record<number, string>> = {
  200: 'entire atmosphere (considered as a single layer)',
  201: 'entire ocean (considered as a single layer)',
  204: 'highest tropospheric freezing level',
  206: 'grid scale cloud bottom level',
  207: 'grid scale cloud top level',
  209: 'boundary layer cloud bottom level',
  210: 'boundary layer cloud top level',
  211: 'boundary layer cloud layer',
  212: 'low cloud bottom level',
  213: 'low cloud top level',
  214: 'low cloud layer',
  215: 'cloud ceiling',
  216: 'effective layer top level %m',
  217: 'effective layer bottom level %m',
  218: 'effective layer %m',
  220: 'planetary boundary layer',
  221: 'layer between two hybrid levels',
  222: 'middle cloud bottom level',
  223: 'middle cloud top level',
  224: 'middle cloud layer',
  232: 'high cloud bottom level',
  233: 'high cloud top level',
  234: 'high cloud layer',
  235: '%C ocean isotherm',
  236: 'layer between two depths below ocean surface',
  237: 'bottom of ocean mixed layer',
  238: 'bottom of ocean isothermal layer',
  239: 'layer ocean surface and 26C ocean isothermal level',
  240: 'ocean mixed layer',
  241: '% in sequence',
  242: 'convective cloud bottom level',
  243: 'convective cloud top level',
  244: 'convective cloud layer',
  245: 'lowest level of the wet bulb zero',
  246: 'maximum equivalent potential temperature level',
  247: 'equilibrium level',
  248: 'shallow convective cloud bottom level',
  249: 'shallow convective cloud top level',
  251: 'deep convective cloud bottom level',
  252: 'deep convective cloud top level',
  253: 'lowest bottom level of supercooled liquid water layer',
  254: 'highest top level of supercooled liquid water layer',
};

/** Two surfaces of the same type: `%-%` stands for both values. */
const LAYERS: Readonly<Record<number, string>> = {
  100: '%-% mb',
  102: '%-% m above mean sea level',
  103: '%-% m above ground',
  104: '%-% sigma layer',
  105: '%-% hybrid layer',
  106: '%-% m below ground',
  107: '%-% K isentropic layer',
  108: '%-% mb above ground',
  111: '%-% Eta layer',
  115: '%-% sigma height layer',
  118: '%-% hybrid height layer',
  119: '%-% hybrid pressure layer',
  150: '%-% generalized vertical height coordinate',
  160: '%-% m below sea level',
  161: '%-% m ocean layer',
};

const NCEP_LAYERS: Readonly<Record<number, string>> = { 235: '%-%C ocean isotherm layer', 236: '%-% m ocean layer' };

const NCEP = 7;
/** Factors to the unit of the text: Pa to mb, tenths of a degree. */
const FACTORS: Readonly<Record<number, number>> = { 100: 0.01, 108: 0.01 };
const NCEP_FACTORS: Readonly<Record<number, number>> = { 235: 0.1 };
const NCEP_LAYER_FACTORS: Readonly<Record<number, number>> = { 235: 0.1, 236: 10 };

/** A surface: code table 4.5 and the value, NaN where there is none. */
export interface Surface {
  readonly type: number;
  readonly value: number;
}

/** The level or layer in wgrib2's words. */
export function levelText(first: Surface, second: Surface, centre: number): string {
  const layer = layerText(first, second, centre);
  if (layer !== undefined) return layer;
  if (first.type === 1 && second.type === 8) return 'atmos col';
  if (first.type === 9 && second.type === 1) return 'ocean column';
  if (first.type === 255 && second.type === 255) return 'no_level';
  const text = oneLevel(first, centre);
  return second.type === 255 ? text : `${text} - ${oneLevel(second, centre)}`;
}

function layerText(first: Surface, second: Surface, centre: number): string | undefined {
  const { type } = first;
  if (type !== second.type) return undefined;
  const isLocal = centre === NCEP && NCEP_LAYERS[type] !== undefined;
  const text = isLocal ? NCEP_LAYERS[type] : LAYERS[type];
  const factor = (isLocal ? NCEP_LAYER_FACTORS : FACTORS)[type] ?? 1;
  return text?.replace('%', general(first.value * factor)).replace('%', general(second.value * factor));
}

function oneLevel({ type, value }: Surface, centre: number): string {
  if (type === 255) return '';
  if (type < 192) return filled(LEVELS[type] ?? 'reserved', value * (FACTORS[type] ?? 1));
  if (centre === NCEP) return filled(NCEP_LEVELS[type] ?? 'reserved', value * (NCEP_FACTORS[type] ?? 1));
  return `local level type ${type}${Number.isNaN(value) ? '' : ` ${general(value)}`}`;
}

/** A missing value is printed as 0, as wgrib2 does. */
function filled(text: string, value: number): string {
  return text.replace('%', general(value));
}

/** C's `%g`: six significant digits. */
export function general(value: number): string {
  if (Number.isNaN(value) || value === 0) return '0';
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return `${value}`;
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(6)))));
  if (exponent >= -4 && exponent < 6) return `${Number(value.toPrecision(6))}`;
  const [mantissa = '', power = ''] = value.toExponential(5).split('e');
  const sign = power.startsWith('-') ? '-' : '+';
  return `${Number(mantissa)}e${sign}${power.replace(/^[+-]/, '').padStart(2, '0')}`;
}

const UNITS: Readonly<Record<number, string>> = {
  0: 'min',
  1: 'hour',
  2: 'day',
  3: 'month',
  4: 'year',
  5: 'decade',
  6: 'normal',
  7: 'century',
  10: '3-hours',
  11: '6-hours',
  12: '12-hours',
  13: 'sec',
  255: 'missing',
};

export function unitText(unit: number): string {
  return UNITS[unit] ?? '?';
}

const OPERATIONS: Readonly<Record<number, string>> = {
  0: 'ave',
  1: 'acc',
  2: 'max',
  3: 'min',
  4: 'last-first',
  5: 'RMS',
  6: 'StdDev',
  7: 'covar',
  8: 'first-last',
  9: 'ratio',
  10: 'standardized anomaly',
  11: 'summation',
  51: 'climo',
  100: 'severity',
  101: 'mode',
  255: 'missing',
};

/** The operation of code table 4.10. */
export function operationText(operation: number): string {
  return OPERATIONS[operation] ?? '???';
}
