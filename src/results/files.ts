import type { Count, Outcome } from './common.js';

/** What was made, checked or removed. */
export type FilesDocument = Outcome<'lsio.files/1', FilesCreated | FilesChecked | FilesRemoved>;

export interface FilesCreated {
  readonly action: 'create';
  readonly dir: string;
  /** Files that were missing. */
  readonly made: Count;
  /** Files that were there already. */
  readonly kept: Count;
  /** Of the whole set. */
  readonly bytes: Count;
  /** Who decided where the files lie; null: the files are not lsio's, and were left as they are. */
  readonly laidOutBy: 'lsio' | 'fio' | null;
}

export interface FilesChecked {
  readonly action: 'check';
  readonly dir: string;
  /** Files that were read. */
  readonly files: Count;
  /** Of the whole set. */
  readonly bytes: Count;
  /** Files that are not as they were made. */
  readonly damage: readonly DamagedFile[];
}

export interface DamagedFile {
  readonly path: string;
  /** Of the first wrong byte, where bytes are wrong. */
  readonly offset?: Count | undefined;
  readonly reason: string;
}

export interface FilesRemoved {
  readonly action: 'rm';
  readonly dir: string;
  /** Files that were removed. */
  readonly removed: Count;
  /** Of those. */
  readonly bytes: Count;
  /** What lsio did not make. */
  readonly left: readonly string[];
}
