import { isJsonObject, type JsonObject, type JsonValue } from '../array/exact-json.js';
import { LsioError } from '../errors.js';
import type { ExactMoments } from './exact-moments.js';
import { leavesOf, MergeTree } from './merge-tree.js';
import { MOMENTS_BYTES_PER_CELL } from './moments.js';
import { type MomentsState, mergeStates } from './moments-state.js';
import type { ReductionPlan } from './plan.js';
import { ResultTable } from './result-table.js';
import type { ShardNode, StatsCounts } from './stats.js';
import { planHash, planOf, type StatsSpec } from './stats-spec.js';
import type { TaskRange } from './workers/claims.js';

export const PARTIAL_SCHEMA = 'lsio.partial/1';

/** What a shard computed. */
export interface Partial {
  readonly spec: StatsSpec;
  readonly leaves: TaskRange;
  readonly nodes: readonly ShardNode[];
  readonly counts: StatsCounts;
  /** For the document that a merge prints: source, array, labels, engine. */
  readonly about: JsonObject;
}

/** The text of a partial file. */
export function partialText({ spec, leaves, nodes, counts, about }: Partial): string {
  const states = nodes.map(({ column, level, index, state }) => ({ column, level, index, ...stateJson(state) }));
  return `${JSON.stringify({ schema: PARTIAL_SCHEMA, plan: planHash(spec), leaves, counts, about, spec, nodes: states })}\n`;
}

function stateJson(state: MomentsState): object {
  if (!Array.isArray(state)) {
    return { moments: Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString('base64') };
  }
  return {
    exact: state.map(({ sum, squares, min, max, ...rest }) => ({
      ...rest,
      sum: String(sum),
      squares: String(squares),
      min: extremeText(min),
      max: extremeText(max),
    })),
  };
}

/** Integers of 64 bits are marked: `1n`. */
function extremeText(value: number | bigint | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/**
 * Reads the text of a partial file.
 *
 * @throws {LsioError} `usage` for another version, or a file that is damaged or something else.
 */
export function parsePartial(name: string, text: string): Partial {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LsioError('usage', `${name}: not a partial file of lsio: it is not JSON`, { path: name, cause });
  }
  if (!isJsonObject(json)) throw new LsioError('usage', `${name}: not a partial file of lsio`, { path: name });
  if (json.schema !== PARTIAL_SCHEMA) {
    throw new LsioError('usage', `${name}: its schema is ${JSON.stringify(json.schema)}, not ${PARTIAL_SCHEMA}`, {
      path: name,
    });
  }
  const { spec, leaves, counts, about, nodes, plan } = json as unknown as Partial & {
    plan: string;
    nodes: JsonObject[];
  };
  if (!isJsonObject(spec) || planHash(spec as StatsSpec) !== plan) {
    throw new LsioError('usage', `${name}: damaged, or written by another version of lsio`, { path: name });
  }
  try {
    const partial = { spec, leaves, counts, about, nodes: nodes.map(parseNode) };
    if (!areWhole(partial, planOf(spec, 'moments'))) throw new TypeError('the nodes are not those of the leaves');
    return partial;
  } catch (cause) {
    if (cause instanceof LsioError) throw cause;
    throw new LsioError('usage', `${name}: damaged`, { path: name, cause });
  }
}

/** Whether the nodes are subtrees of the plan that cover the leaves, each of them once. */
function areWhole({ leaves: { from, to }, nodes }: Partial, plan: ReductionPlan): boolean {
  if (!isIndex(from, to + 1) || !isIndex(to, plan.leaves + 1)) return false;
  let next = from;
  for (const node of nodes) {
    if (!isIndex(node.column, plan.columns) || !isIndex(node.level, LEVELS_MAX)) return false;
    const column = plan.columnAt(node.column);
    const covered = leavesOf(node, column.leaves);
    if (column.firstLeaf + covered.from !== next || covered.to <= covered.from || !fits(node.state, column.cells)) {
      return false;
    }
    next = column.firstLeaf + covered.to;
  }
  return next === to;
}

/** A tree of more levels would have more leaves than a double counts. */
const LEVELS_MAX = 54;

function isIndex(value: unknown, end: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < end;
}

function fits(state: MomentsState, cells: number): boolean {
  return Array.isArray(state) ? state.length === cells : state.byteLength === cells * MOMENTS_BYTES_PER_CELL;
}

function parseNode(node: JsonObject): ShardNode {
  const { column, level, index, moments, exact } = node as Record<string, JsonValue>;
  const place = { column: column as number, level: level as number, index: index as number };
  if (typeof moments === 'string') {
    const bytes = Buffer.from(moments, 'base64');
    const state = new Float64Array(Math.floor(bytes.length / 8));
    if (state.byteLength !== bytes.length) throw new TypeError('moments');
    new Uint8Array(state.buffer).set(bytes);
    return { ...place, state };
  }
  const state = (exact as unknown as Record<string, never>[]).map((cell): ExactMoments => {
    const { sum, squares, min, max, ...rest } = cell as Record<string, string | null>;
    const numbers = rest as unknown as Omit<ExactMoments, 'sum' | 'squares' | 'min' | 'max'>;
    return { ...numbers, sum: BigInt(sum!), squares: BigInt(squares!), min: extreme(min!), max: extreme(max!) };
  });
  return { ...place, state };
}

function extreme(text: string | null): number | bigint | undefined {
  if (text === null) return undefined;
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text);
}

export interface Merged {
  readonly table: ResultTable;
  readonly counts: StatsCounts;
  /** Leaves that no file has. */
  readonly missing: readonly TaskRange[];
  /** Of all leaves, those that are there: 1 is all of them. */
  readonly share: number;
}

/**
 * Merges partial files of one plan, whatever their order. The same part twice counts once.
 *
 * @param allowMissing finish also where leaves are missing; otherwise the table is left unfinished.
 * @throws {LsioError} `usage` for files of different plans, and for parts that overlap.
 */
export function mergePartials(files: ReadonlyMap<string, Partial>, allowMissing: boolean): Merged {
  const parts = distinctParts(files);
  const [first] = parts;
  if (first === undefined) throw new LsioError('usage', 'there is no partial file to merge');
  const { spec } = first;
  const plan = planOf(spec, 'moments');
  const missing = gaps(parts, plan.leaves);
  const absent = missing.reduce((sum, { from, to }) => sum + to - from, 0);
  const table = new ResultTable(spec, plan);
  const counts = { chunks: 0, chunksMissing: 0, chunksFailed: 0, bytesRead: 0, bytesDecoded: 0 };
  const trees = new Map<number, MergeTree<MomentsState>>();
  for (const part of parts) {
    for (const key of Object.keys(counts) as (keyof StatsCounts)[]) counts[key] += part.counts[key];
    for (const { column, level, index, state } of part.nodes) {
      const tree = trees.get(column) ?? new MergeTree(plan.columnAt(column).leaves, mergeStates);
      trees.set(column, tree);
      tree.add(level, index, state);
    }
  }
  if (missing.length === 0 || allowMissing) {
    for (const [column, tree] of trees) {
      const state = tree.root() ?? tree.rootOfPresent();
      if (state !== undefined) table.placeMoments(plan.columnAt(column), state);
    }
  }
  return { table, counts, missing, share: plan.leaves === 0 ? 1 : (plan.leaves - absent) / plan.leaves };
}

/** Checks that parts belong together, and leaves out those that are there twice. In the order of their leaves. */
function distinctParts(files: ReadonlyMap<string, Partial>): Partial[] {
  const entries = [...files].sort(([, a], [, b]) => a.leaves.from - b.leaves.from || a.leaves.to - b.leaves.to);
  const [reference] = entries;
  const distinct: Partial[] = [];
  let last: readonly [string, Partial] | undefined;
  for (const entry of entries) {
    const [name, part] = entry;
    if (planHash(part.spec) !== planHash(reference![1].spec)) {
      throw new LsioError('usage', `${name} and ${reference![0]} are parts of different statistics`, { path: name });
    }
    // Empty parts say nothing.
    if (part.leaves.from === part.leaves.to) {
      if (distinct.length === 0 && entry === entries.at(-1)) distinct.push(part);
      continue;
    }
    const isTwice =
      last !== undefined && last[1].leaves.from === part.leaves.from && last[1].leaves.to === part.leaves.to;
    if (isTwice) continue;
    if (last !== undefined && part.leaves.from < last[1].leaves.to) {
      throw new LsioError('usage', `${name} and ${last[0]} overlap: parts of different numbers of shards`, {
        path: name,
      });
    }
    distinct.push(part);
    last = entry;
  }
  return distinct;
}

function gaps(parts: readonly Partial[], leaves: number): TaskRange[] {
  const found: TaskRange[] = [];
  let at = 0;
  for (const { leaves: part } of parts) {
    if (part.from > at) found.push({ from: at, to: part.from });
    at = Math.max(at, part.to);
  }
  if (at < leaves) found.push({ from: at, to: leaves });
  return found;
}
