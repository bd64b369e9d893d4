/** A finished subtree: leaves `index · 2^level` up to the next, as far as there are any. */
export interface TreeNode<S> {
  readonly level: number;
  readonly index: number;
  readonly state: S;
}

/**
 * Merges leaves in a fixed binary tree: which states are merged with which depends on the leaves' indexes and their
 * number only, never on the order in which they arrive, on workers or on shards. So are the bits of the result.
 */
export class MergeTree<S> {
  readonly leaves: number;
  readonly #merge: (left: S, right: S) => S;
  readonly #pending = new Map<number, Map<number, S>>();

  /** @param merge may change and return `left`. */
  constructor(leaves: number, merge: (left: S, right: S) => S) {
    this.leaves = leaves;
    this.#merge = merge;
  }

  /** Adds a leaf (`level` 0) or a subtree that another tree of as many leaves finished. Each leaf comes once. */
  add(level: number, index: number, state: S): void {
    let [atLevel, at, merged] = [level, index, state];
    for (;;) {
      if (atLevel >= this.#height) break;
      const sibling = at ^ 1;
      if (sibling * 2 ** atLevel >= this.leaves) {
        // Beyond the last leaf: the left one stands for both.
      } else {
        const other = this.#take(atLevel, sibling);
        if (other === undefined) break;
        merged = sibling < at ? this.#merge(other, merged) : this.#merge(merged, other);
      }
      atLevel++;
      at = Math.floor(at / 2);
    }
    const states = this.#pending.get(atLevel) ?? new Map<number, S>();
    this.#pending.set(atLevel, states);
    states.set(at, merged);
  }

  /** What is finished so far, in the order of the leaves: of a range of leaves, its maximal subtrees. */
  nodes(): TreeNode<S>[] {
    const nodes = [...this.#pending].flatMap(([level, states]) =>
      [...states].map(([index, state]) => ({ level, index, state })),
    );
    return nodes.sort((a, b) => a.index * 2 ** a.level - b.index * 2 ** b.level);
  }

  /** The state of all leaves; undefined as long as some are missing. */
  root(): S | undefined {
    return this.#pending.get(this.#height)?.get(0);
  }

  /** Merges what is there from left to right: the result where leaves are missing for good. */
  rootOfPresent(): S | undefined {
    const [first, ...rest] = this.nodes();
    return rest.reduce((all, { state }) => (all === undefined ? state : this.#merge(all, state)), first?.state);
  }

  get #height(): number {
    return this.leaves <= 1 ? 0 : Math.ceil(Math.log2(this.leaves));
  }

  #take(level: number, index: number): S | undefined {
    const states = this.#pending.get(level);
    const state = states?.get(index);
    states?.delete(index);
    return state;
  }
}

/** The first and the last leaf but one of a node. */
export function leavesOf({ level, index }: TreeNode<unknown>, leaves: number): { from: number; to: number } {
  return { from: index * 2 ** level, to: Math.min(leaves, (index + 1) * 2 ** level) };
}
