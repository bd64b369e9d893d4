import type { Selection } from '../../array/selection.js';
import type { ArrayData } from '../../compute/read.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import type { ArraySource } from '../../formats/source.js';
import type { PngOptions } from '../../output/png.js';

/** What was read, and what is needed to write it. */
export interface ReadResult {
  readonly source: ArraySource;
  readonly array: ChunkedArray;
  readonly selection: Selection;
  readonly data: ArrayData;
  readonly signal: AbortSignal;
  /** Absent: as the format has it. */
  readonly maskAndScale: boolean | undefined;
  /** Of an image. */
  readonly image: PngOptions;
}
