import { LsioError } from '../errors.js';
import { fieldOf } from './moments.js';
import type { MomentsState } from './moments-state.js';

/** Edges of equal bins from the minimum to the maximum of each cell, as numpy makes them. */
export function edgesOf(state: MomentsState, cells: number, bins: number, name: string): Float64Array {
  const edges = new Float64Array(cells * (bins + 1));
  for (let cell = 0; cell < cells; cell++) {
    let [low, high] = extremesOf(state, cell);
    if (low === undefined || high === undefined) [low, high] = [0, 1];
    if (!Number.isFinite(low) || !Number.isFinite(high)) {
      throw new LsioError('usage', `${name}: the data goes from ${low} to ${high}: bins need finite ends`);
    }
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const step = (high - low) / bins;
    const own = edges.subarray(cell * (bins + 1), (cell + 1) * (bins + 1));
    for (let i = 0; i <= bins; i++) own[i] = low + i * step;
    own[bins] = high;
  }
  return edges;
}

function extremesOf(state: MomentsState, cell: number): [number | undefined, number | undefined] {
  if (!Array.isArray(state)) {
    if (fieldOf(state, 'count')[cell] === 0) return [undefined, undefined];
    return [fieldOf(state, 'min')[cell], fieldOf(state, 'max')[cell]];
  }
  const { min, max } = state[cell]!;
  return [min === undefined ? undefined : Number(min), max === undefined ? undefined : Number(max)];
}
