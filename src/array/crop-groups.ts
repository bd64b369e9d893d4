/**
 * Divides crops into groups that lie near one another, so that those of a group share chunks: again and again along the
 * axis along which they are spread over most chunks, as a k-d tree does.
 *
 * @param origins the first element of each crop.
 * @param groupSize crops of a group; only the last one may have fewer.
 * @returns the numbers of the crops, group after group.
 */
export function nearGroups(
  origins: readonly (readonly number[])[],
  chunkShape: readonly number[],
  groupSize: number,
): Uint32Array {
  const order = Uint32Array.from(origins, (_, crop) => crop);
  divide(order, origins, chunkShape, groupSize);
  return order;
}

function divide(
  order: Uint32Array,
  origins: readonly (readonly number[])[],
  chunkShape: readonly number[],
  groupSize: number,
): void {
  if (order.length <= groupSize) return;
  const spreads = chunkShape.map((length, axis) => {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const crop of order) {
      least = Math.min(least, origins[crop]![axis]!);
      most = Math.max(most, origins[crop]![axis]!);
    }
    return (most - least) / length;
  });
  const widest = spreads.indexOf(Math.max(...spreads));
  // An array without axes has none.
  if (widest >= 0) order.sort((a, b) => origins[a]![widest]! - origins[b]![widest]! || a - b);
  const middle = groupSize * Math.ceil(order.length / groupSize / 2);
  divide(order.subarray(0, middle), origins, chunkShape, groupSize);
  divide(order.subarray(middle), origins, chunkShape, groupSize);
}
