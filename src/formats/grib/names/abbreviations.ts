import { ABBREVIATIONS } from './tables/abbreviations.js';

/** A parameter in the words of wgrib2's tables. */
export interface Abbreviation {
  readonly abbreviation: string;
  readonly name: string;
  readonly unit: string;
}

let tables: Map<string, string> | undefined;
const parsed = new Map<string, ReadonlyMap<number, Abbreviation>>();
/** What was looked up before: files repeat some hundred parameters. */
const known = new Map<string, Abbreviation | undefined>();

/** The abbreviation of a parameter: the centre's own table first, then WMO's. */
export function abbreviationOf(
  centre: number,
  subcentre: number,
  discipline: number,
  category: number,
  parameter: number,
): Abbreviation | undefined {
  const key = `${centre}/${subcentre} ${discipline}.${category}.${parameter}`;
  if (!known.has(key)) known.set(key, lookUp(centre, subcentre, `${discipline}.${category}`, parameter));
  return known.get(key);
}

function lookUp(centre: number, subcentre: number, group: string, parameter: number): Abbreviation | undefined {
  for (const origin of [`${centre}/${subcentre}`, `${centre}/*`, '*']) {
    const found = tableOf(`${origin} ${group}`)?.get(parameter);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tableOf(group: string): ReadonlyMap<number, Abbreviation> | undefined {
  const done = parsed.get(group);
  if (done !== undefined) return done;
  tables ??= new Map(
    ABBREVIATIONS.trim()
      .split('\n')
      .map((line) => {
        const end = line.indexOf('\t');
        return [line.slice(0, end), line.slice(end + 1)];
      }),
  );
  const text = tables.get(group);
  if (text === undefined) return undefined;
  const entries = text.split('\t').map((entry): [number, Abbreviation] => {
    const [number, abbreviation = '', name = '', unit = ''] = entry.split('|');
    return [Number(number), { abbreviation, name, unit }];
  });
  const table = new Map(entries);
  parsed.set(group, table);
  return table;
}
