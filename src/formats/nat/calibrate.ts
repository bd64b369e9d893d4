import { BANDS, type NativeHeader } from './header.js';

export const CALIBRATIONS = ['counts', 'radiance', 'bt', 'reflectance'] as const;
export type Calibration = (typeof CALIBRATIONS)[number];

const COUNTS = 1024;
/** Planck's constants in mW m⁻² sr⁻¹ (cm⁻¹)⁻⁴ and K cm. */
const C1 = 1.19104273e-5;
const C2 = 1.43877523;
const SPECTRAL = 1;
const EFFECTIVE = 2;
/** Channels that reflect sunlight; 3.9 µm counts as thermal. */
const SOLAR = new Set([0, 1, 2, 11]);

/** In-band solar irradiance at 1 AU, mW m⁻² (cm⁻¹)⁻¹, by satellite: VIS006, VIS008, IR_016, HRV. EUM/MSG/TEN/12/0325. */
const IRRADIANCE: Readonly<Record<number, readonly [number, number, number, number]>> = {
  321: [65.2296, 73.0127, 62.3715, 78.7599],
  322: [65.2065, 73.1869, 61.9923, 79.0113],
  323: [65.5148, 73.1807, 62.0208, 78.9416],
  324: [65.2656, 73.1692, 61.9416, 79.0035],
};

type Thermal = readonly [wavenumber: number, alpha: number, beta: number];

/** Central wavenumber in cm⁻¹, α and β in K of channels 4 to 11, by satellite. EUM/MSG/TEN/11/0569. */
const THERMAL: Readonly<Record<number, readonly Thermal[]>> = {
  321: [
    [2567.33, 0.9956, 3.41],
    [1598.103, 0.9962, 2.218],
    [1362.081, 0.9991, 0.478],
    [1149.069, 0.9996, 0.179],
    [1034.343, 0.9999, 0.06],
    [930.647, 0.9983, 0.625],
    [839.66, 0.9988, 0.397],
    [752.387, 0.9981, 0.578],
  ],
  322: [
    [2568.832, 0.9954, 3.438],
    [1600.548, 0.9963, 2.185],
    [1360.33, 0.9991, 0.47],
    [1148.62, 0.9996, 0.179],
    [1035.289, 0.9999, 0.056],
    [931.7, 0.9983, 0.64],
    [836.445, 0.9988, 0.408],
    [751.792, 0.9981, 0.561],
  ],
  323: [
    [2547.771, 0.9915, 2.9002],
    [1595.621, 0.996, 2.0337],
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: a measured value, not log10(e).
    [1360.337, 0.9991, 0.434],
    [1148.13, 0.9996, 0.1714],
    [1034.715, 0.9999, 0.0527],
    [929.842, 0.9983, 0.6084],
    [838.659, 0.9988, 0.3882],
    [750.653, 0.9982, 0.539],
  ],
  324: [
    [2555.28, 0.9916, 2.9438],
    [1596.08, 0.9959, 2.078],
    [1361.748, 0.999, 0.4929],
    [1147.433, 0.9996, 0.1731],
    [1034.851, 0.9998, 0.0597],
    [931.122, 0.9983, 0.6256],
    [839.113, 0.9988, 0.4002],
    [748.585, 0.9981, 0.5635],
  ],
};

/** Quadratic fits from the temperature of a spectral radiance, channels 4 to 11. EUM/MSG/TEN/11/0569. */
const FITS: readonly (readonly [number, number, number])[] = [
  [0, 1.0117519, -3.5504],
  [1.8057e-5, 1.000255533, -1.79093],
  [2.31818e-6, 1.000668281, -0.456166],
  [-2.332e-5, 1.0118034, -1.50739],
  [-2.05533e-5, 1.00937067, -1.0306],
  [-7.39277e-5, 1.0328898, -3.29674],
  [-7.00984e-5, 1.0313146, -3.18109],
  [-7.29345e-5, 1.0304248, -2.64595],
];

/** Units by calibration. */
export const UNITS: Readonly<Record<Calibration, string>> = {
  counts: '1',
  radiance: 'mW m-2 sr-1 (cm-1)-1',
  bt: 'K',
  reflectance: '%',
};

/** What a channel is read as unless something else is asked for. */
export function defaultCalibration(band: number): Calibration {
  return SOLAR.has(band) ? 'reflectance' : 'bt';
}

/**
 * Makes the table of the values of all 1,024 counts: it is made for channels that are read only. Count 0 means no data: NaN.
 *
 * @returns or why there is no such calibration of this channel.
 */
export function calibrationTable(
  header: NativeHeader,
  band: number,
  calibration: Calibration,
): (() => Float32Array) | string {
  const slope = header.slopes[band]!;
  const offset = header.offsets[band]!;
  const convert = conversion(header, band, calibration);
  if (typeof convert === 'string') return convert;
  if (calibration !== 'counts' && !(Number.isFinite(slope) && Number.isFinite(offset))) {
    return `${BANDS[band]} has the calibration ${slope}, ${offset}`;
  }
  const value = (count: number) => (calibration === 'counts' ? count : convert(Math.max(0, count * slope + offset)));
  return () => Float32Array.from({ length: COUNTS }, (_, count) => (count === 0 ? Number.NaN : value(count)));
}

function conversion(
  header: NativeHeader,
  band: number,
  calibration: Calibration,
): ((radiance: number) => number) | string {
  if (calibration === 'counts' || calibration === 'radiance') return (radiance) => radiance;
  if (SOLAR.has(band) !== (calibration === 'reflectance')) return `${BANDS[band]} has no ${calibration}`;
  return calibration === 'reflectance' ? reflectance(header, band) : brightness(header, band);
}

function reflectance({ satellite, time }: NativeHeader, band: number): ((radiance: number) => number) | string {
  const irradiance = IRRADIANCE[satellite]?.[band === 11 ? 3 : band];
  if (irradiance === undefined) return `satellite ${satellite} is unknown`;
  const factor = ((100 * Math.PI) / irradiance) * sunDistance(time) ** 2;
  return (radiance) => radiance * factor;
}

function brightness({ satellite, processing }: NativeHeader, band: number): ((radiance: number) => number) | string {
  const thermal = THERMAL[satellite]?.[band - 3];
  if (thermal === undefined) return `satellite ${satellite} is unknown`;
  const [wavenumber, alpha, beta] = thermal;
  const planck = (radiance: number) => (C2 * wavenumber) / Math.log(1 + (C1 * wavenumber ** 3) / radiance);
  if (processing[band] === EFFECTIVE) return (radiance) => (planck(radiance) - beta) / alpha;
  if (processing[band] !== SPECTRAL) return `${BANDS[band]} has the processing ${processing[band]}`;
  const [a, b, c] = FITS[band - 3]!;
  return (radiance) => a * planck(radiance) ** 2 + b * planck(radiance) + c;
}

/** The distance to the sun in AU. @param time seconds since 1970. */
function sunDistance(time: number): number {
  const days = time / 86_400 - 10_957.5;
  return 1 - 0.0167 * Math.cos((2 * Math.PI * (days - 3)) / 365.25636);
}
