/*
 * What bench-peers measures, as data: cells, whose sides run in turn on the same files, and rows, each the ratio of two
 * sides of a cell and the goal that it is held to.
 */
import { CASES } from '../../dist/workload/workload.js';

/**
 * @typedef {import('../../src/workload/workload.js').CaseName} CaseName
 * @typedef {import('../../src/bench/reader.js').ReaderName} ReaderName
 *
 * @typedef {{ reader: ReaderName, rings?: number | 'auto' }} ReaderSide
 * @typedef {{ fio: true }} FioSide
 * @typedef {object} CommandSide
 * @property {string} command In bash, where DIR is what to read, DST a fresh directory and LSIO the program.
 * @property {string} count Says how many bytes the command got, as the first number that it prints.
 * @typedef {ReaderSide | FioSide | CommandSide} Side
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
  fio: { fio: true },
  'fs.promises': { reader: 'promises' },
  'fs.readFile': { reader: 'callback' },
  readFileSync: { reader: 'sync' },
  'open+readSync': { reader: 'buffer' },
};

const SINGLE_THREADED = ['fio', 'readFileSync', 'open+readSync', 'lsio 1 ring'];

/** What reads the small files as a whole process. @param {string} command */
function lsioGet(command) {
  // The bytes of the document's end: its items are left out.
  return { command, count: `${command} --json --no-items | grep -oE '"bytes":[0-9]+' | grep -oE '[0-9]+'` };
}

/** @type {Record<string, Side>} */
const COMMANDS = {
  'lsio get --discard': lsioGet('LSIO get -q -r DIR --discard --engine uring'),
  'lsio get | cat': {
    command: 'LSIO get -q -r DIR --engine uring | cat >/dev/null',
    count: 'LSIO get -q -r DIR --engine uring | wc -c',
  },
  'lsio get -o': lsioGet('LSIO get -q -r DIR -o DST --engine uring'),
  tar: { command: 'tar cf - DIR 2>/dev/null | cat >/dev/null', count: 'tar cf - DIR 2>/dev/null | tar xOf - | wc -c' },
  'xargs cat': {
    command: 'find DIR -type f -print0 | xargs -0 cat | cat >/dev/null',
    count: 'find DIR -type f -print0 | xargs -0 cat | wc -c',
  },
  'cp -r': { command: 'cp -r DIR DST', count: 'cp -r DIR DST && find DST -type f -print0 | xargs -0 cat | wc -c' },
};

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
      row('big-random-warm-promises', 'big-random warm, promises', 'lsio promises', 'fio', 0.9),
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
  { ...SMALL_COLD, id: 'tar', rows: [row('tar', 'lsio get -r --discard', 'lsio get --discard', 'tar', 6)] },
  { ...SMALL_COLD, id: 'cat', rows: [row('cat', 'lsio get -r to a pipe', 'lsio get | cat', 'xargs cat', 5)] },
  { ...SMALL_COLD, id: 'cp', rows: [row('cp', 'lsio get -r -o', 'lsio get -o', 'cp -r', 2.5)] },
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

/** The row that isn't a ratio. */
export const MEMORY = 'memory';

/** The names of all rows, and of the cells of those without a goal, with which their names begin. */
export function rowIds() {
  const idsOf = (/** @type {Omit<Cell, 'sides'>[]} */ cells) => cells.flatMap(({ rows }) => rows.map(({ id }) => id));
  const further = furtherCells();
  return { goals: [...idsOf(CELLS), MEMORY], further: idsOf(further), furtherCells: further.map(({ id }) => id) };
}

/** The cells of the rows asked for, with the sides that those need. @param {readonly string[]} ids @returns {Cell[]} */
export function cellsFor(ids) {
  return [...CELLS, ...furtherCells()].flatMap((cell) => {
    const rows = cell.rows.filter(({ id }) => ids.includes(id));
    if (rows.length === 0) return [];
    const names = new Set(rows.flatMap(({ ours, rival }) => [ours, rival].flat()));
    const sides = Object.entries({ ...SIDES, ...COMMANDS }).filter(([name]) => names.has(name));
    return [{ ...cell, rows, sides: Object.fromEntries(sides) }];
  });
}
