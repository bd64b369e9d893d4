import type { GribField } from '../field.js';
import { u16 } from '../octets.js';
import { bestConcept, type Concept, conditionsOf, type KeyValue } from './concepts.js';
import type { Product } from './product.js';
import { LEVEL_TYPES } from './tables/levels.js';
import { CONDITION_KEYS, PARAMETERS } from './tables/parameters.js';

const ECMWF = '98';
/** Datasets with names of their own, by the production status of section 1. */
const DATASETS: Readonly<Record<number, string>> = {
  4: 'tigge',
  5: 'tigge',
  6: 's2s',
  7: 's2s',
  8: 'uerra',
  9: 'uerra',
  10: 'uerra',
  11: 'uerra',
};
const CHEMICAL = new Set([40, 41, 42, 43]);
const CHEMICAL_SOURCE = new Set([76, 77, 78, 79]);
const AEROSOL = new Set([44, 45, 46, 47, 82, 83, 84, 85]);
const AEROSOL_OPTICAL = new Set([48, 49, 80, 81]);

const KEYS = CONDITION_KEYS.trim().split(' ');
let tables: Map<string, string> | undefined;
const SURFACE = 'typeOfFirstFixedSurface';
/** Level types by the number of their centre, none for the common ones, and the first surface. */
const levelTypes = new Map<string, readonly Concept[]>();
/** Centres with level types of their own. */
const OWN_LEVEL_TYPES = new Set(
  LEVEL_TYPES.slice(1, -1)
    .split('\n')
    .map((line) => Number(line.split(' ')[0])),
);
const parsed = new Map<string, ReadonlyMap<number, readonly Concept[]>>();

/** ecCodes' name of a parameter. */
export interface EcmwfName {
  readonly shortName: string;
  readonly paramId: number;
}

/** ecCodes' shortName and paramId, or `undefined` for a parameter that it calls unknown. */
export function ecmwfName(field: GribField, product: Product, keyValue: KeyValue): EcmwfName | undefined {
  const centre = `${u16(field.identification, 5)}`;
  const dataset = DATASETS[field.identification[19]!];
  // Equal matches: WMO's names win over a centre's, a dataset's win over WMO's. ECMWF's names serve all centres.
  const origins = dataset === undefined ? [[centre, '']] : [['', dataset]];
  for (const names of [...origins, [ECMWF, '']]) {
    const concepts = names.flatMap((origin) =>
      conceptsOf(origin, field.discipline, product.category, product.parameter),
    );
    const best = bestConcept(concepts, keyValue);
    if (best !== undefined && best.name !== 'unknown') return { shortName: best.name, paramId: best.paramId ?? 0 };
  }
  return undefined;
}

/** ecCodes' typeOfLevel; `unknown` where no name fits. */
export function levelTypeOf(centre: number, keyValue: KeyValue): string {
  const origin = OWN_LEVEL_TYPES.has(centre) ? `${centre}` : '';
  const surface = keyValue(SURFACE);
  const group = `${origin} ${surface}`;
  let concepts = levelTypes.get(group);
  if (concepts === undefined) {
    // Most types ask for one surface: only those that ask for this one, or for none, are tried.
    concepts = levelConcepts(origin).filter(({ conditions }) =>
      conditions.every(([key, value]) => key !== SURFACE || value === surface),
    );
    levelTypes.set(group, concepts);
  }
  return bestConcept(concepts, keyValue)?.name ?? 'unknown';
}

/** A centre's own level types, then the common ones. */
function levelConcepts(origin: string): Concept[] {
  const rows = LEVEL_TYPES.slice(1, -1)
    .split('\n')
    .map((line) => line.split(' '));
  const wanted = [...rows.filter(([of]) => of !== '' && of === origin), ...rows.filter(([of]) => of === '')];
  return wanted.map(([, text = '']) => {
    const [name = '', ...conditions] = text.split(',');
    return { name, paramId: undefined, conditions: conditionsOf(conditions, KEYS) };
  });
}

function conceptsOf(origin: string, discipline: number, category: number, parameter: number): readonly Concept[] {
  const group = `${origin} ${discipline}.${category}`;
  let numbers = parsed.get(group);
  if (numbers === undefined) {
    tables ??= new Map(
      PARAMETERS.slice(1, -1)
        .split('\n')
        .map((line) => {
          const end = line.indexOf(' ', line.indexOf(' ') + 1);
          return [line.slice(0, end), line.slice(end + 1)];
        }),
    );
    numbers = parse(tables.get(group) ?? '');
    parsed.set(group, numbers);
  }
  return numbers.get(parameter) ?? [];
}

function parse(text: string): ReadonlyMap<number, readonly Concept[]> {
  const numbers = new Map<number, Concept[]>();
  for (const entry of text === '' ? [] : text.split(' ')) {
    const [number, name = '', paramId, ...conditions] = entry.split(',');
    const concept = {
      name,
      paramId: paramId ? Number(paramId) : undefined,
      conditions: conditionsOf(conditions, KEYS),
    };
    numbers.set(Number(number), [...(numbers.get(Number(number)) ?? []), concept]);
  }
  return numbers;
}

/** How conditions see a field: ecCodes' keys, a missing number as `missing()`. */
export function keyValues(field: GribField, product: Product, pressureUnits: string, stepType: string): KeyValue {
  const { template } = product;
  return (key) => {
    switch (key) {
      case 'productDefinitionTemplateNumber':
        return `${template}`;
      case 'is_chemical':
        return flag(CHEMICAL.has(template));
      case 'is_chemical_srcsink':
        return flag(CHEMICAL_SOURCE.has(template));
      case 'is_aerosol':
        return flag(AEROSOL.has(template));
      case 'is_aerosol_optical':
        return flag(AEROSOL_OPTICAL.has(template));
      case 'localTablesVersion':
        return `${field.identification[10]}`;
      case 'gridDefinitionTemplateNumber':
        return `${u16(field.grid, 12)}`;
      case 'numberOfGridInReference':
        return u16(field.grid, 12) === 101 && field.grid.length > 18 ? `${field.grid[18]}` : undefined;
      case 'pressureUnits':
        return pressureUnits;
      case 'stepType':
        return stepType;
      case 'NV':
        return `${u16(field.product, 5)}`;
      case 'genVertHeightCoords':
        return flag(product.get('typeOfFirstFixedSurface') === 150);
    }
    const value = product.get(key);
    if (value === undefined) return undefined;
    return Number.isNaN(value) ? 'missing()' : `${value}`;
  };
}

function flag(holds: boolean): string {
  return holds ? '1' : '0';
}
