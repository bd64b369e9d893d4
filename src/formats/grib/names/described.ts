/** The part of a field's description that each edition codes in its own way. */
export interface Described {
  /** ecCodes' code such as `ecmf`, else the number. */
  readonly centre: string;
  readonly centreNumber: number;
  readonly subcentre: number;
  /** `discipline.category.number`, in GRIB1 `table.number`: tells unknown parameters apart. */
  readonly parameter: string;
  /** ecCodes' short name; {@link parameter} where it has none. */
  readonly shortName: string;
  /** 0 where ecCodes has none. */
  readonly paramId: number;
  readonly typeOfLevel: string;
  /** In the unit of `typeOfLevel`: hPa, m, K. 0 where the level has no value. */
  readonly level: number;
  readonly topLevel: number;
  readonly bottomLevel: number;
  /** Reference time, ISO 8601 in UTC. */
  readonly date: string;
  /** In hours unless the message's unit does not divide into them: `6`, `0-6`. */
  readonly stepRange: string;
  readonly startStep: number;
  readonly endStep: number;
  /** Seconds of one step. */
  readonly stepUnitSeconds: number;
  readonly stepType: string;
  /** The ensemble member. */
  readonly member?: number | undefined;
  readonly units?: string | undefined;
  readonly longName?: string | undefined;
  readonly words: InventoryWords;
}

/** The parts of a line of wgrib2's inventory. */
export interface InventoryWords {
  readonly variable: string;
  readonly level: string;
  readonly time: string;
  /** Ensemble member, probability, constituent and so on; often empty. */
  readonly extras: readonly string[];
}

/** An ISO 8601 text; fields out of range stay as they are, so that nothing is silently changed. */
export function isoDate(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): string {
  const years = year < 1000 ? `${year}`.padStart(4, '0') : year;
  return `${years}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
