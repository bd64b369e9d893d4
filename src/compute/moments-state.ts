import { countOfExact, type ExactMoments, mergeExact } from './exact-moments.js';
import { fieldOf, type Moments, mergeMoments } from './moments.js';

/** State of a column in the pass for moments. */
export type MomentsState = Moments | ExactMoments[];

/** Merges states of the pass for moments. */
export function mergeStates(left: MomentsState, right: MomentsState): MomentsState {
  if (!Array.isArray(left)) return mergeMoments(left, right as Moments);
  return left.map((cell, i) => mergeExact(cell, (right as ExactMoments[])[i]!));
}

/** How many values each cell has. */
export function countsOf(state: MomentsState): number[] {
  return Array.isArray(state) ? state.map(countOfExact) : [...fieldOf(state, 'count')];
}
