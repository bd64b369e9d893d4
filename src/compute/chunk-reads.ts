import type { ChunkRef } from '../formats/chunked-array.js';
import type { AbsolutePath } from '../store/keys.js';
import type { StoreRequest } from '../store/store.js';

/** A chunk, or a part of one, that lies somewhere in a store. */
export interface StoredPiece {
  readonly ref: ChunkRef & { readonly key: AbsolutePath };
  readonly part: number | undefined;
  /** Counts all that is handed over, from 0. */
  readonly turn: number;
}

/** One read, and the pieces that lie in it. */
export interface ChunkRead extends StoreRequest {
  readonly pieces: readonly StoredPiece[];
}

/** A gap that takes no longer to read than another read would. */
const GAP_BYTES_MAX = 12 * 1024;
/** Long enough for the device's full rate, short enough that several are in flight. */
const READ_BYTES_MAX = 1024 ** 2;

/**
 * The reads for pieces: one for those that lie side by side in a file, as the chunks of a shard do.
 *
 * @param ordered whether pieces are used in the order of their turns. Then only neighbours in that order share a read: what
 * is read early would hold memory up.
 */
export function planChunkReads(pieces: readonly StoredPiece[], ordered: boolean): ChunkRead[] {
  const reads: ChunkRead[] = [];
  let run: StoredPiece[] = [];
  let end = 0;
  for (const piece of ordered ? pieces : byPlace(pieces)) {
    const { key, range } = piece.ref;
    const [first] = run;
    const gap = range === undefined || key !== first?.ref.key ? -1 : range.offset - end;
    const isNear = gap >= 0 && gap <= GAP_BYTES_MAX;
    if (!isNear || range!.offset + range!.length - first!.ref.range!.offset > READ_BYTES_MAX) {
      if (run.length > 0) reads.push(readOf(run));
      run = [];
    }
    run.push(piece);
    end = range === undefined ? Number.POSITIVE_INFINITY : range.offset + range.length;
  }
  if (run.length > 0) reads.push(readOf(run));
  return reads;
}

/** Files in the order in which they are first asked for, each from its beginning. */
function byPlace(pieces: readonly StoredPiece[]): readonly StoredPiece[] {
  if (pieces.every(({ ref }) => ref.range === undefined)) return pieces;
  const files = new Map<string, StoredPiece[]>();
  for (const piece of pieces) {
    const file = files.get(piece.ref.key);
    if (file === undefined) files.set(piece.ref.key, [piece]);
    else file.push(piece);
  }
  const offsetOf = ({ ref }: StoredPiece) => ref.range?.offset ?? 0;
  return [...files.values()].flatMap((file) => file.sort((a, b) => offsetOf(a) - offsetOf(b)));
}

function readOf(pieces: readonly StoredPiece[]): ChunkRead {
  const { key, range } = pieces[0]!.ref;
  if (range === undefined) return { key, pieces };
  const { offset, length } = pieces.at(-1)!.ref.range!;
  return { key, range: { offset: range.offset, length: offset + length - range.offset }, pieces };
}
