/*
 * What bench-peers measures, as data: cells, whose sides run in turn on the same files, and rows, each the ratio of two
 * sides of a cell and the goal that it is held to.
 */
import { CASES } from '../../dist/workload/workload.js';
import { COMMANDS, PARALLEL_COPIES, PROGRAMS, XARGS_CAT, XARGS_CAT_PIPED } from './commands.js';

/**
 * @typedef {import('../../src/workload/workload.js').CaseName} CaseName
 * @typedef {import('../../src/bench/reader.js').ReaderName} ReaderName
 *
 * @typedef {{ reader: ReaderName, rings?: number | 'auto' }} ReaderSide
 * @typedef {{ fio: true }} FioSide
 * @typedef {object} CommandSide
 * @property {string} command In bash, where DIR is what to read, DST a fresh directory, LSIO the program, PEERS this folder.
 * @property {string} count Says how many bytes the command got, as the first number that it prints.
 * @property {string | undefined} [needs] Prints a version where what the command needs is there; else it fails.
 * @typedef {{ points: import('./points.js').PointMode }} PointsSide A promise for each read.
 * @typedef {ReaderSide | FioSide | CommandSide | PointsSide} Side
 *
 * @typedef {object} Cell
 * @property {string} id
 * @property {'large' | 'small'} data Files of 256 KiB and the big one, or 20,000 of 4 KiB.
 * @property {CaseName} case
 * @property {'cold' | 'warm'} cache
 * @property {'sorted' | 'random'} [order]
 * @property {number} [gapBytes]
 * @property {number} [queueDepth] Of all sides; else lsio's default, which fio gets, too.
 * @property {Record<string, Side>} sides
 * @property {Row[]} rows
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name
 * @property {string} ours
 * @property {string | string[]} rival Of several the one that turns out to be the fastest.
 * @property {Goal} [goal] Without one a row only informs.
 * @property {'cpu'} [metric] CPU time per operation; else throughput.
 *
 * @typedef {{ min: number } | { max: number }} Goal
 */

/** @type {Record<string, Side>} */
const SIDES = {
  lsio: { reader: 'uring', rings: 'auto' },
  'lsio 1 ring': { reader: 'uring', rings: 1 },
  'lsio 2 rings': { reader: 'uring', rings: 2 },
  'lsio promises': { reader: 'store' },
  'lsio getRange': { points: 'owned' },
  'lsio suffixes': { points: 'suffix' },
  fio: { fio: true },
  'fs.promises': { reader: 'promises' },
  'fs.readFile': { reader: 'callback' },
  readFileSync: { reader: 'sync' },
  'open+readSync': { reader: 'buffer' },
};

const SINGLE_THREADED = ['fio', 'readFileSync', 'open+readSync', 'lsio 1 ring'];

const SMALL_COLD = /** @type {const} */ ({ data: 'small', case: 'whole-files', cache: 'cold' });

/** In the order of issue 4's table of measures. @type {Omit<Cell, 'sides'>[]} */
const CELLS = [
  {
    id: 'big-random-warm',
    data: 'large',
    case: 'big-random',
    cache: 'warm',
    queueDepth: 64,
    rows: [
      row('big-random-warm', 'big-random warm, 1 ring', 'lsio 1 ring', 'fio', 1.1),
      row('big-random-warm-promises', 'getRange into buffer, warm', 'lsio promises', 'fio', 0.8),
      row('big-random-warm-owned', 'getRange, warm', 'lsio getRange', 'fio', 0.65),
      row('big-random-warm-rings', 'big-random warm, 2 rings', 'lsio 2 rings', 'lsio 1 ring', 1.7),
    ],
  },
  {
    id: 'big-random-cold',
    data: 'large',
    case: 'big-random',
    cache: 'cold',
    queueDepth: 64,
    rows: [
      row('big-random-cold', 'big-random cold', 'lsio 1 ring', 'fio', 0.97),
      {
        ...row('big-random-cold-cpu', 'big-random cold, CPU per op', 'lsio 1 ring', 'fio', 0),
        metric: 'cpu',
        goal: { max: 1 },
      },
    ],
  },
  {
    ...SMALL_COLD,
    id: 'small-cold',
    rows: [
      row('small-cold-ring', '20k × 4 KiB cold, 1 ring', 'lsio 1 ring', 'fio', 1),
      row('small-cold', '20k × 4 KiB cold', 'lsio', 'fio', 1.2),
      row('small-cold-promises', '20k × 4 KiB cold', 'lsio', 'fs.promises', 7),
      row('small-cold-callback', '20k × 4 KiB cold', 'lsio', 'fs.readFile', 3.5),
    ],
  },
  {
    ...SMALL_COLD,
    id: 'small-random',
    order: 'random',
    rows: [row('small-random', '20k × 4 KiB cold, random', 'lsio', 'fio', 1.8)],
  },
  {
    id: 'small-warm',
    data: 'small',
    case: 'whole-files',
    cache: 'warm',
    rows: [
      row('small-warm', '20k × 4 KiB warm, 1 ring', 'lsio 1 ring', 'fio', 1.3),
      row('small-warm-sync', '20k × 4 KiB warm, 1 ring', 'lsio 1 ring', 'readFileSync', 2),
      row('small-warm-buffer', '20k × 4 KiB warm, 1 ring', 'lsio 1 ring', 'open+readSync', 1.1),
      row('small-warm-promises', '20k × 4 KiB warm, 1 ring', 'lsio 1 ring', 'fs.promises', 12),
    ],
  },
  {
    id: 'large-cold',
    data: 'large',
    case: 'whole-files',
    cache: 'cold',
    rows: [
      row('large-cold', '1k × 256 KiB cold, 1 ring', 'lsio 1 ring', 'fio', 0.97),
      row('large-cold-callback', '1k × 256 KiB cold, 1 ring', 'lsio 1 ring', 'fs.readFile', 1.4),
    ],
  },
  {
    id: 'large-warm',
    data: 'large',
    case: 'whole-files',
    cache: 'warm',
    rows: [
      row('large-warm', '1k × 256 KiB warm, 1 ring', 'lsio 1 ring', 'fio', 1),
      row('large-warm-sync', '1k × 256 KiB warm, 1 ring', 'lsio 1 ring', 'readFileSync', 1.4),
      row('large-warm-rings', '1k × 256 KiB warm, 2 rings', 'lsio 2 rings', SINGLE_THREADED, 1.4),
    ],
  },
  gaps('file-gaps', 'file-gaps cold, 32 KiB', 0.97),
  gaps('big-gaps', 'big-gaps cold, 64 KiB', 0.97),
  { ...gaps('big-gaps', 'big-gaps cold, 4 KiB', 1.4, 'big-gaps-near'), gapBytes: 4096 },
  {
    id: 'suffix',
    data: 'small',
    case: 'whole-files',
    cache: 'warm',
    queueDepth: 64,
    rows: [row('suffix', 'getRange of last bytes, 20k', 'lsio suffixes', 'lsio getRange', 0.67)],
  },
  get('tar', 'cold', [
    ['tar', 'tar', 3.7],
    ['xargs', XARGS_CAT, 1.5],
    ...PROGRAMS.map((name) => /** @type {const} */ ([name, name, undefined])),
  ]),
  get('get-warm', 'warm', [
    ['tar', 'tar', undefined],
    ['xargs', XARGS_CAT, 1.1],
    ...PROGRAMS.map((name) => /** @type {const} */ ([name, name, undefined])),
  ]),
  pipe('cat', 'cold', 4, 1.4),
  pipe('cat-warm', 'warm', undefined, 1.1),
  {
    ...SMALL_COLD,
    id: 'cp',
    rows: [
      row('cp', 'lsio get -r -o', 'lsio get -o', 'cp -r', 3),
      row('cp-parallel', 'lsio get -r -o', 'lsio get -o', PARALLEL_COPIES, 1.3),
    ],
  },
];

/** Every case in every state against what any reader of files has at hand. @returns {Omit<Cell, 'sides'>[]} */
function furtherCells() {
  const large = CASES.map((name) => ({ data: /** @type {const} */ ('large'), case: name }));
  const small = { data: /** @type {const} */ ('small'), case: /** @type {const} */ ('whole-files') };
  return [...large, small, { ...small, order: /** @type {const} */ ('random') }].flatMap((cell) =>
    /** @type {const} */ (['cold', 'warm']).map((cache) => {
      const label = [cell.data === 'small' ? '20k × 4 KiB' : cell.case, cache, 'order' in cell ? cell.order : ''];
      const name = label.filter((word) => word !== '').join(' ');
      const id = ['all', cell.data, cell.case, ...label.slice(1)].filter((word) => word !== '').join('-');
      const rivals = ['fio', 'fs.promises', 'fs.readFile', 'readFileSync', 'open+readSync'];
      return {
        ...{ ...cell, cache, id },
        rows: rivals.map((rival) => row(`${id}-${rival}`, name, 'lsio', rival)),
      };
    }),
  );
}

/**
 * @param {string} id @param {string} name @param {string} ours @param {string | string[]} rival @param {number} [min]
 * @returns {Row}
 */
function row(id, name, ours, rival, min) {
  return { id, name, ours, rival, ...(min === undefined ? {} : { goal: { min } }) };
}

/**
 * @param {'file-gaps' | 'big-gaps'} name @param {string} title @param {number} min @param {string} [id]
 * @returns {Omit<Cell, 'sides'>}
 */
function gaps(name, title, min, id = name) {
  return { id, data: 'large', case: name, cache: 'cold', rows: [row(id, title, 'lsio 1 ring', 'fio', min)] };
}

/**
 * @param {string} id @param {'cold' | 'warm'} cache
 * @param {readonly (readonly [id: string, rival: string | string[], min: number | undefined])[]} rivals
 * @returns {Omit<Cell, 'sides'>}
 */
function get(id, cache, rivals) {
  const name = `lsio get -r --discard, ${cache}`;
  const rows = rivals.map(([of, rival, min]) =>
    row(of === id ? id : `${id}-${of}`, name, 'lsio get --discard', rival, min),
  );
  return { ...SMALL_COLD, cache, id, rows };
}

/** @param {string} id @param {'cold' | 'warm'} cache @param {number | undefined} one @param {number} parallel @returns {Omit<Cell, 'sides'>} */
function pipe(id, cache, one, parallel) {
  const name = `lsio get -r to a pipe, ${cache}`;
  const rows = [
    row(id, name, 'lsio get | cat', 'xargs cat | cat', one),
    row(`${id}-xargs`, name, 'lsio get | cat', XARGS_CAT_PIPED, parallel),
  ];
  return { ...SMALL_COLD, cache, id, rows };
}

/** The row that isn't a ratio. */
export const MEMORY = 'memory';

/** What `--quick` measures: what people call, in the order of its worth if time runs out. */
export const QUICK = ['tar', 'get-warm', 'cat', 'cp', 'big-random-warm', 'suffix', 'small-cold', 'small-warm'];

/** The names of all rows, and of the cells of those without a goal, with which their names begin. */
export function rowIds() {
  const idsOf = (/** @type {Omit<Cell, 'sides'>[]} */ cells) => cells.flatMap(({ rows }) => rows.map(({ id }) => id));
  const further = furtherCells();
  return { goals: [...idsOf(CELLS), MEMORY], further: idsOf(further), furtherCells: further.map(({ id }) => id) };
}

/**
 * The cells of the rows asked for, with the sides that those need.
 * @param {readonly string[]} ids @param {ReadonlySet<string>} [missing] Sides that aren't here: rows of none but these are left out.
 * @returns {Cell[]}
 */
export function cellsFor(ids, missing = new Set()) {
  return [...CELLS, ...furtherCells()].flatMap((cell) => {
    const rows = cell.rows
      .filter(({ id }) => ids.includes(id))
      .map((one) => ({ ...one, rival: [one.rival].flat().filter((name) => !missing.has(name)) }))
      .filter(({ rival }) => rival.length > 0);
    if (rows.length === 0) return [];
    const names = new Set(rows.flatMap(({ ours, rival }) => [ours, rival].flat()));
    const sides = Object.entries({ ...SIDES, ...COMMANDS }).filter(([name]) => names.has(name));
    return [{ ...cell, rows, sides: Object.fromEntries(sides) }];
  });
}
