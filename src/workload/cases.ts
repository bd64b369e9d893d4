import { LsioError } from '../errors.js';
import { formatBytes } from '../units.js';
import { OPERATIONS_MAX, OperationList, tooMany } from './operations.js';
import { keysOf, permutation } from './random.js';
import { CASES, type CaseName, type Workload, type WorkloadFile } from './workload.js';

/** The big file is the largest of at least this size; it belongs to the big cases only. */
export const BIG_BYTES_MIN = 64 * 1024 * 1024;
/** `big-random` reads this many blocks unless told otherwise, or all blocks of a smaller file. */
const READS_DEFAULT = 65_536;
const KIB = 1024;

/** The blocks and gaps of each case, in bytes, where the user doesn't say. */
const BLOCKS: Readonly<Record<Exclude<CaseName, 'whole-files'>, { readonly block: number; readonly gap: number }>> = {
  'file-heads': { block: 16 * KIB, gap: Number.POSITIVE_INFINITY },
  'file-gaps': { block: 4 * KIB, gap: 32 * KIB },
  'big-gaps': { block: 4 * KIB, gap: 64 * KIB },
  'big-random': { block: 4 * KIB, gap: 0 },
};

export interface WorkloadOptions {
  /** Where the files are: for the command that an error recommends. */
  readonly dir: string;
  readonly blockSizeBytes?: number | undefined;
  /** Between the blocks of `file-gaps` and `big-gaps`. */
  readonly gapBytes?: number | undefined;
  /** The number of operations: of the other cases, the first so many. */
  readonly reads?: number | undefined;
  /** The same seed gives the same order and the same random offsets. */
  readonly seed?: number | undefined;
  /** The order in which files are given: by the bytes of their paths (the default), or shuffled. */
  readonly order?: 'sorted' | 'random' | undefined;
}

/** The files, with the big one apart. Of several of its size it is the first. */
export function splitBig(files: readonly WorkloadFile[]): { big: WorkloadFile | undefined; small: WorkloadFile[] } {
  let big: WorkloadFile | undefined;
  for (const file of files) {
    if (file.size >= BIG_BYTES_MIN && file.size > (big?.size ?? 0)) big = file;
  }
  return { big, small: files.filter((file) => file !== big) };
}

/** The cases that these files allow. */
export function possibleCases(files: readonly WorkloadFile[]): CaseName[] {
  const { big, small } = splitBig(files);
  const hasContent = small.some((file) => file.size > 0);
  return CASES.filter((name) => {
    if (name === 'whole-files') return small.length > 0;
    return isBigCase(name) ? big !== undefined : hasContent;
  });
}

/**
 * What a case means on these files, as plain data.
 *
 * Blocks that the end of a file cuts are shortened, so that `file-heads` reads all of a small file. Empty files are whole
 * files of no bytes, and have no blocks. The blocks of `big-random` are aligned to their size, random, and each is read
 * once before any is read again: a cold run finds every one of them cold.
 *
 * @throws {LsioError} `usage` when the files don't allow the case, or a number makes no sense.
 */
export function makeWorkload(name: CaseName, files: readonly WorkloadFile[], options: WorkloadOptions): Workload {
  checkOptions(options);
  if (!possibleCases(files).includes(name)) throw impossible(name, options.dir);
  const { big, small } = splitBig(files);
  const { seed = 1, order = 'sorted', reads } = options;
  if (name === 'big-random') return randomBlocks(big!, options);
  const shuffle = permutation(small.length, seed);
  const shuffled = order === 'random' ? small.map((_, index) => small[shuffle(index)]!) : small;
  const list = new OperationList(reads);
  for (const file of isBigCase(name) ? [big!] : shuffled) {
    if (list.full) break;
    if (name === 'whole-files') list.add(file, 0, file.size);
    else addBlocks(list, file, name, options);
  }
  return list.workload(name);
}

function isBigCase(name: CaseName): boolean {
  return name === 'big-gaps' || name === 'big-random';
}

function addBlocks(
  list: OperationList,
  file: WorkloadFile,
  name: 'file-heads' | 'file-gaps' | 'big-gaps' | 'big-random',
  { blockSizeBytes, gapBytes, reads = Number.POSITIVE_INFINITY }: WorkloadOptions,
): void {
  const block = blockSizeBytes ?? BLOCKS[name].block;
  const gap = name === 'file-heads' ? Number.POSITIVE_INFINITY : (gapBytes ?? BLOCKS[name].gap);
  if (Math.min(file.size / (block + gap), reads) > OPERATIONS_MAX) throw tooMany();
  for (let offset = 0; offset < file.size && !list.full; offset += block + gap) {
    list.add(file, offset, Math.min(block, file.size - offset));
  }
}

function randomBlocks(file: WorkloadFile, { seed = 1, reads, blockSizeBytes, dir }: WorkloadOptions): Workload {
  const block = blockSizeBytes ?? BLOCKS['big-random'].block;
  const blocks = Math.floor(file.size / block);
  if (blocks === 0) {
    const message = `${file.path}: ${formatBytes(file.size)} are less than one block of ${formatBytes(block)}`;
    throw new LsioError('usage', message, { path: file.path, remedy: createCommand(dir) });
  }
  const operations = reads ?? Math.min(blocks, READS_DEFAULT);
  if (operations > OPERATIONS_MAX) throw tooMany();
  const offsets = new Float64Array(operations);
  const [first] = keysOf(seed);
  let permute = permutation(blocks, seed);
  for (let operation = 0; operation < operations; operation++) {
    const index = operation % blocks;
    if (index === 0 && operation > 0) permute = permutation(blocks, first + operation);
    offsets[operation] = permute(index) * block;
  }
  return {
    case: 'big-random',
    wholeFiles: false,
    files: [file],
    fileOf: new Uint32Array(operations),
    offsets,
    lengths: new Float64Array(operations).fill(block),
    operations,
    bytes: operations * block,
  };
}

function checkOptions({ blockSizeBytes, gapBytes, reads, seed }: WorkloadOptions): void {
  const limits = [
    { name: '--block-size', value: blockSizeBytes, min: 1 },
    { name: '--gap', value: gapBytes, min: 0 },
    { name: '--reads', value: reads, min: 1 },
    { name: '--seed', value: seed, min: 0 },
  ];
  for (const { name, value, min } of limits) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= min)) continue;
    throw new LsioError('usage', `${name} is a whole number of at least ${min}, not ${value}`);
  }
}

function impossible(name: CaseName, dir: string): LsioError {
  const lacks = isBigCase(name)
    ? `no file of at least ${formatBytes(BIG_BYTES_MIN)}`
    : 'no files besides the big one that have content';
  return new LsioError('usage', `${dir}: ${lacks}, which ${name} reads`, { path: dir, remedy: createCommand(dir) });
}

/** What makes files that every case can read. */
export function createCommand(dir: string): string {
  return `lsio files create --dir ${dir}`;
}
