/** Seconds of the units of code table 4.4. Months and longer ones have no fixed length: as ecCodes takes them. */
const SECONDS: Readonly<Record<number, number>> = {
  0: 60,
  1: 3600,
  2: 86_400,
  3: 2_592_000,
  4: 31_536_000,
  5: 315_360_000,
  6: 946_080_000,
  7: 3_153_600_000,
  10: 10_800,
  11: 21_600,
  12: 43_200,
  13: 1,
  14: 900,
  15: 1800,
};
const HOUR_SECONDS = 3600;

export interface Steps {
  readonly startStep: number;
  readonly endStep: number;
  readonly stepUnitSeconds: number;
  readonly stepRange: string;
}

/** Steps in hours; where these would not be whole, in the unit of the message. `lengthUnit` is that of `length`. */
export function stepsOf(start: number, unit: number, length: number | undefined, lengthUnit: number): Steps {
  const unitSeconds = SECONDS[unit] ?? HOUR_SECONDS;
  const from = start * unitSeconds;
  const to = from + (length ?? 0) * (SECONDS[lengthUnit] ?? HOUR_SECONDS);
  const isWhole = from % HOUR_SECONDS === 0 && to % HOUR_SECONDS === 0;
  const stepUnitSeconds = isWhole ? HOUR_SECONDS : unitSeconds;
  const startStep = from / stepUnitSeconds;
  const endStep = to / stepUnitSeconds;
  const stepRange = length === undefined || startStep === endStep ? `${startStep}` : `${startStep}-${endStep}`;
  return { startStep, endStep, stepUnitSeconds, stepRange };
}
