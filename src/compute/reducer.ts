/** Elements side by side in the kernels' memory, all of one weight. */
export interface ElementRun {
  readonly address: number;
  readonly count: number;
  readonly weight: number;
}

/**
 * How a leaf becomes a state, and states become one. A leaf is `init`, any number of `addRun` and `addRow`, `finish`.
 * States are plain data: they go between threads and into files.
 */
export interface Reducer<S> {
  /** Begins a leaf of so many cells. */
  init(cells: number): void;
  /** Adds all elements of a run to one cell. */
  addRun(cell: number, run: ElementRun): void;
  /** Adds element i of a run to cell `cell + i`. */
  addRow(cell: number, run: ElementRun): void;
  /** The state of the leaf. */
  finish(): S;
  /** May change and return `left`. */
  merge(left: S, right: S): S;
}
