/** One seed alone, to see again what failed. */
const ONLY = process.env.LSIO_SIM_SEED;
/** How many seeds each simulation runs, in place of its own number. */
const COUNT = process.env.LSIO_SIM_SEEDS;
/** The first of them. */
const FIRST = Number(process.env.LSIO_SIM_FIRST ?? 1);
/** So many seeds are worth a line of their own. */
const REPORT_EVERY = 50_000;
/** Real time: nothing goes on any more. A simulation that goes round for ever ends by its count of steps. */
const HANG_MS = 20_000;

/**
 * Runs `body` with seeds from 1 on, or from LSIO_SIM_FIRST. What it throws names the seed and how to run that again. Seeds that have failed once
 * are worth keeping: they are run first.
 *
 * @param seeds how many, unless LSIO_SIM_SEEDS says.
 * @param kept seeds that have found a bug.
 */
export async function simulate(
  seeds: number,
  body: (seed: number) => Promise<void>,
  kept: readonly number[] = [],
): Promise<void> {
  const count = COUNT === undefined ? seeds : Number(COUNT);
  const all =
    ONLY === undefined ? [...kept, ...Array.from({ length: count }, (_, index) => FIRST + index)] : [Number(ONLY)];
  for (const seed of all) {
    try {
      await inTime(body(seed));
      if (seed % REPORT_EVERY === 0) process.stdout.write(`seed ${seed}, ${new Date().toISOString()}\n`);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`seed ${seed} (LSIO_SIM_SEED=${seed} runs it again): ${message}`, { cause });
    }
  }
}

async function inTime(course: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), HANG_MS);
  });
  try {
    await Promise.race([course, hang]);
  } finally {
    clearTimeout(timer);
  }
}
