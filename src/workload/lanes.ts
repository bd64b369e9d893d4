/**
 * Does the work for each item, up to `lanes` at once. The first failure ends it, once what was begun has ended, and is
 * thrown.
 */
export async function inLanes<Item>(
  lanes: number,
  items: readonly Item[],
  work: (item: Item, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  async function run(lane: number): Promise<void> {
    try {
      while (next < items.length) await work(items[next++]!, lane);
    } catch (error) {
      next = items.length;
      throw error;
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(lanes, items.length) }, (_, lane) => run(lane)),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
