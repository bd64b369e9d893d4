import { CENTRES } from './tables/centres.js';

let codes: Map<number, string> | undefined;

/** ecCodes' code of an originating centre, such as `ecmf`; its number as text where it has none. */
export function centreCode(centre: number): string {
  codes ??= new Map(
    CENTRES.trim()
      .split(',')
      .map((entry) => [Number.parseInt(entry, 10), entry.split(' ')[1]!]),
  );
  return codes.get(centre) ?? `${centre}`;
}
