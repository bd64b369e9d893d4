import type { AbsolutePath } from '../../store/keys.js';
import type { FieldKeys } from './describe.js';
import type { GribField } from './field.js';

/** A file of a source. */
export interface GribFile {
  readonly key: AbsolutePath;
  /** For people. */
  readonly name: string;
}

export interface DescribedField {
  readonly file: GribFile;
  readonly field: GribField;
  readonly keys: FieldKeys;
}

/** The axes along which the fields of an array may differ, from the slowest. */
const CUBE_AXES = ['number', 'time', 'step', 'level'] as const;
export type CubeAxis = (typeof CUBE_AXES)[number];

/** Fields of one parameter, level type and grid: a cell of a grid of fields each. */
export interface Cube {
  readonly name: string;
  readonly first: DescribedField;
  /** Axes with more than one value; their values in order. */
  readonly axes: readonly { readonly axis: CubeAxis; readonly values: readonly number[] }[];
  /** Fields by the place of their cell in row-major order. */
  readonly cells: ReadonlyMap<number, DescribedField>;
  /** Fields that are left out, each with the one that came first and has its cell. */
  readonly duplicates: readonly { readonly left: DescribedField; readonly kept: DescribedField }[];
}

/** Where a field lies along each axis. Times are seconds since 1970, steps are hours. */
const VALUES: Readonly<Record<CubeAxis, (keys: FieldKeys) => number>> = {
  number: (keys) => keys.member ?? 0,
  time: (keys) => Date.parse(keys.date) / 1000,
  step: (keys) => (keys.endStep * keys.stepUnitSeconds) / 3600,
  level: (keys) => keys.level,
};

/** Groups fields into arrays. Names are short names, longer where two arrays would have the same. */
export function cubesOf(fields: readonly DescribedField[]): Cube[] {
  const groups = new Map<string, DescribedField[]>();
  for (const one of fields) {
    const { keys, field } = one;
    const same = [keys.parameter, keys.shortName, keys.typeOfLevel, keys.stepType, keys.centre, keys.gridType];
    const group = `${same.join('|')}|${Buffer.from(field.grid).toString('base64')}`;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [one]);
    else members.push(one);
  }
  const members = [...groups.values()];
  const names = namesOf(members.map(([first]) => first!.keys));
  return members.map((group, i) => cubeOf(names[i]!, group));
}

function cubeOf(name: string, fields: readonly DescribedField[]): Cube {
  const axes = CUBE_AXES.map((axis) => {
    const values = new Set(fields.map(({ keys }) => VALUES[axis](keys)));
    return { axis, values: [...values].sort((a, b) => a - b) };
  }).filter(({ values }) => values.length > 1);
  const places = axes.map(({ values }) => new Map(values.map((value, i) => [value, i])));
  const cells = new Map<number, DescribedField>();
  const duplicates: { left: DescribedField; kept: DescribedField }[] = [];
  for (const one of fields) {
    const { keys } = one;
    const cell = axes.reduce((at, { axis, values }, i) => at * values.length + places[i]!.get(VALUES[axis](keys))!, 0);
    const kept = cells.get(cell);
    if (kept === undefined) cells.set(cell, one);
    else duplicates.push({ left: one, kept });
  }
  return { name, first: fields[0]!, axes, cells, duplicates };
}

/** The place of a cell along the axes of a cube, followed by zeros: that of its first chunk. */
export function placeOf({ axes }: Cube, cell: number, rank: number): number[] {
  const place = new Array<number>(rank).fill(0);
  let rest = cell;
  for (let i = axes.length - 1; i >= 0; i--) {
    const { length } = axes[i]!.values;
    place[i] = rest % length;
    rest = Math.floor(rest / length);
  }
  return place;
}

/** `t`; `t_surface` where level types differ; then with the step type, the centre, a number. */
function namesOf(keys: readonly FieldKeys[]): string[] {
  const longer: ((one: FieldKeys) => string)[] = [
    (one) => one.shortName,
    (one) => `${one.shortName}_${one.typeOfLevel}`,
    (one) => `${one.shortName}_${one.typeOfLevel}_${one.stepType}`,
    (one) => `${one.shortName}_${one.typeOfLevel}_${one.stepType}_${one.parameter}_${one.centre}`,
  ];
  const names = keys.map(() => '');
  let open = keys.map((_, i) => i);
  for (const [round, nameOf] of longer.entries()) {
    const counts = new Map<string, number>();
    for (const i of open) counts.set(nameOf(keys[i]!), (counts.get(nameOf(keys[i]!)) ?? 0) + 1);
    const isLast = round === longer.length - 1;
    const seen = new Map<string, number>();
    for (const i of open) {
      const name = nameOf(keys[i]!);
      const number = (seen.get(name) ?? 0) + 1;
      seen.set(name, number);
      if (counts.get(name) === 1) names[i] = name;
      else if (isLast) names[i] = `${name}_${number}`;
    }
    open = open.filter((i) => names[i] === '');
  }
  return names;
}
