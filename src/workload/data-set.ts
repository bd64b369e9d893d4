import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LsioError, systemError } from '../errors.js';
import { makeDirectory } from '../paths/make-directory.js';
import { formatBytes } from '../units.js';
import { checkContent, type Damage, looksLikeOurs, type PatternFile, writeContent } from './data-file.js';
import { inLanes } from './lanes.js';
import {
  bytesOf,
  COUNT_MAX,
  type DataFile,
  type DataSetShape,
  DEFAULT_SHAPE,
  dataFiles,
  MAKING_PREFIX,
  MANIFEST_NAME,
  type Manifest,
  newManifest,
  readManifest,
  removeLeftovers,
  writeManifest,
} from './manifest.js';
import { fileSeed } from './pattern.js';

/*
 * The benchmark's own data: files of one size and a big one, whose content is a function of the file's name and the
 * offset alone (pattern.ts).
 *
 * fio can't write such content: its bytes depend on the order of its writes and on its version. So where fio lays the
 * files out, which decides their inodes and extents, lsio writes the content into them in place. Names, sizes and bytes are
 * the same either way.
 */

/** Always the same, so that a set has the same bytes on every machine. */
const SEED = 1;
const CHUNK_BYTES = 1024 * 1024;
/** As many as libuv has threads: more would only wait. */
const LANES = 4;

export interface DataSetProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface DataSetTask {
  readonly dir: string;
  readonly onProgress?: ((progress: DataSetProgress) => void) | undefined;
  /** An abort removes unfinished files and throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes files of the given shape in an empty directory, their content free; `src/fio` does it by fio's job. */
export type LayOut = (dir: string, shape: DataSetShape, signal?: AbortSignal) => Promise<void>;

export interface CreateOptions extends DataSetTask, Partial<DataSetShape> {
  /** Absent: lsio makes the files by itself. */
  readonly layOut?: LayOut | undefined;
}

export interface CreateResult {
  /** undefined: all files are there, but lsio did not make them. They are left as they are, their content is unknown. */
  readonly manifest: Manifest | undefined;
  readonly made: number;
  readonly kept: number;
  /** Of the whole set. */
  readonly bytes: number;
}

/**
 * Makes a data set, or its missing files. Existing files are kept. A file gets its name only when it is whole and on the
 * device.
 *
 * @throws {LsioError} `usage` when the directory holds another set, or other files by these names; `output` when it can't
 * be written to or is full.
 */
export async function createDataSet(options: CreateOptions): Promise<CreateResult> {
  const { dir } = options;
  const shape = shapeOf(options);
  const files = dataFiles(shape);
  const before = readManifest(dir);
  if (before !== undefined) checkSameShape(dir, before, shape);
  const present = await wrapErrors(dir, 0, () => presentSizes(dir, files));
  const missing = files.filter((file) => !present.has(file.name));
  const wrong = files.find((file) => present.has(file.name) && present.get(file.name) !== file.sizeBytes);
  const partOfOthers =
    before === undefined && missing.length > 0 ? files.find((file) => present.has(file.name)) : undefined;
  const foreign = wrong ?? partOfOthers;
  if (foreign !== undefined) throw foreignError(join(dir, foreign.name));
  const result = { made: missing.length, kept: present.size, bytes: bytesOf(files) };
  if (missing.length === 0 && before?.complete !== false) return { ...result, manifest: before };
  const manifest = await wrapErrors(dir, bytesOf(missing), () => make(missing, { options, shape, before }));
  return { ...result, manifest };
}

interface Making {
  readonly options: CreateOptions;
  readonly shape: DataSetShape;
  readonly before: Manifest | undefined;
}

async function make(missing: readonly DataFile[], { options, shape, before }: Making): Promise<Manifest> {
  const { dir, layOut, onProgress, signal } = options;
  signal?.throwIfAborted();
  const madeDirectory = makeDirectory(dir);
  await removeLeftovers(dir);
  const laidOutBy = layOut === undefined ? 'lsio' : 'fio';
  const fresh = { laidOutBy, ...shape, seed: SEED, complete: false, madeDirectory } as const;
  const manifest = before ?? newManifest(fresh);
  const making = join(dir, `${MAKING_PREFIX}${process.pid}`);
  let made = 0;
  try {
    // Written before the first file, so that files of an interrupted run are recognised.
    await writeManifest(dir, manifest);
    await mkdir(making);
    // fio lays out whole sets; after an interruption that is more than is missing.
    await layOut?.(making, shape, signal);
    const totalBytes = bytesOf(missing);
    let doneBytes = 0;
    function onPiece(bytes: number): void {
      doneBytes += bytes;
      onProgress?.({ doneBytes, totalBytes });
      signal?.throwIfAborted();
    }
    await withChunks(missing, async ({ name, sizeBytes }, chunk) => {
      const path = join(making, name);
      await writeContent({ path, sizeBytes, seed: fileSeed(manifest.seed, name) }, { chunk, onPiece });
      await rename(path, join(dir, name));
      made++;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
    if (before === undefined && made === 0 && missing.length > 0) await removeTraces(dir, manifest);
  }
  const complete = { ...manifest, complete: true };
  await writeManifest(dir, complete);
  return complete;
}

export interface CheckResult {
  readonly manifest: Manifest;
  readonly files: number;
  readonly bytes: number;
  /** Empty: every byte is as it was made. */
  readonly damage: readonly Damage[];
}

/**
 * Reads every file and compares every byte.
 *
 * @throws {LsioError} `usage` when lsio made nothing there.
 */
export async function checkDataSet({ dir, onProgress, signal }: DataSetTask): Promise<CheckResult> {
  const manifest = manifestOf(dir);
  const files = dataFiles(manifest);
  const totalBytes = bytesOf(files);
  const damage: Damage[] = [];
  let doneBytes = 0;
  function onPiece(bytes: number): void {
    doneBytes += bytes;
    onProgress?.({ doneBytes, totalBytes });
    signal?.throwIfAborted();
  }
  await withChunks(files, async (file, chunk) => {
    signal?.throwIfAborted();
    const found = await checkContent(patternFile(dir, file, manifest), { chunk, onPiece });
    if (found !== undefined) damage.push(found);
  });
  return { manifest, files: files.length, bytes: totalBytes, damage };
}

export interface RemoveResult {
  readonly removed: number;
  readonly bytes: number;
  /** Files with names of the set that lsio did not make; they were kept. */
  readonly left: readonly string[];
}

/**
 * Removes what lsio made, and the directory if lsio made it and nothing else is in it.
 *
 * @throws {LsioError} `usage` when lsio made nothing there; `output` when a file can't be removed.
 */
export async function removeDataSet({ dir, onProgress, signal }: DataSetTask): Promise<RemoveResult> {
  const manifest = manifestOf(dir);
  const files = dataFiles(manifest);
  const totalBytes = bytesOf(files);
  const left: string[] = [];
  let removed = 0;
  let bytes = 0;
  await wrapErrors(dir, 0, async () => {
    const present = await presentSizes(dir, files);
    const there = files.filter(({ name }) => present.has(name));
    await inLanes(LANES, there, async (file) => {
      signal?.throwIfAborted();
      const pattern = patternFile(dir, file, manifest);
      if (present.get(file.name) !== file.sizeBytes || !(await looksLikeOurs(pattern))) {
        left.push(pattern.path);
        return;
      }
      await rm(pattern.path);
      removed++;
      bytes += file.sizeBytes;
      onProgress?.({ doneBytes: bytes, totalBytes });
    });
    await removeLeftovers(dir);
    await removeTraces(dir, manifest);
  });
  return { removed, bytes, left: left.sort() };
}

async function removeTraces(dir: string, { madeDirectory }: Manifest): Promise<void> {
  await rm(join(dir, MANIFEST_NAME), { force: true });
  if (madeDirectory && (await readdir(dir)).length === 0) await rmdir(dir);
}

function shapeOf(options: CreateOptions): DataSetShape {
  const { count, sizeBytes, bigSizeBytes } = { ...DEFAULT_SHAPE, ...options };
  for (const [name, value] of Object.entries({ count, sizeBytes, bigSizeBytes })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new LsioError('usage', `${name} can't be ${value}`);
  }
  if (count > COUNT_MAX)
    throw new LsioError('usage', `${count} files are too many for a directory: up to ${COUNT_MAX}`);
  return { count, sizeBytes, bigSizeBytes };
}

function checkSameShape(dir: string, before: Manifest, shape: DataSetShape): void {
  if (describe(before) === describe(shape)) return;
  const remedy = `lsio files rm --dir '${dir}', or another --dir`;
  throw new LsioError('usage', `${dir}: holds ${describe(before)}, not ${describe(shape)}`, { path: dir, remedy });
}

function describe({ count, sizeBytes, bigSizeBytes }: DataSetShape): string {
  const big = bigSizeBytes === 0 ? 'no big one' : `a big one of ${formatBytes(bigSizeBytes)}`;
  return `${count} files of ${formatBytes(sizeBytes)} and ${big}`;
}

function manifestOf(dir: string): Manifest {
  const manifest = readManifest(dir);
  if (manifest !== undefined) return manifest;
  const remedy = `lsio files create --dir '${dir}'`;
  throw new LsioError('usage', `${dir}: lsio made no files there`, { path: dir, remedy });
}

function foreignError(path: string): LsioError {
  const remedy = 'move it away, or give another --dir';
  return new LsioError('usage', `${path}: is there already, and is not what lsio makes`, { path, remedy });
}

function patternFile(dir: string, { name, sizeBytes }: DataFile, { seed }: Manifest): PatternFile {
  return { path: join(dir, name), sizeBytes, seed: fileSeed(seed, name) };
}

/** The sizes of the files that exist; -1 for anything but a regular file. */
async function presentSizes(dir: string, files: readonly DataFile[]): Promise<Map<string, number>> {
  const names = new Set(await namesIn(dir));
  const sizes = new Map<string, number>();
  await inLanes(
    LANES,
    files.filter(({ name }) => names.has(name)),
    async ({ name }) => {
      const stats = await lstat(join(dir, name));
      sizes.set(name, stats.isFile() ? stats.size : -1);
    },
  );
  return sizes;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function withChunks(files: readonly DataFile[], work: (file: DataFile, chunk: Uint8Array) => Promise<void>) {
  const chunks = Array.from({ length: LANES }, () => new Uint8Array(CHUNK_BYTES));
  return inLanes(LANES, files, (file, lane) => work(file, chunks[lane]!));
}

/** Words the system's errors. */
async function wrapErrors<Result>(dir: string, neededBytes: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, path = dir } = error as NodeJS.ErrnoException;
    const less = `free ${formatBytes(neededBytes)} there, or make less: --count, --size, --big-size`;
    throw systemError('output', path, error, code === 'ENOSPC' ? { remedy: less } : {});
  }
}
