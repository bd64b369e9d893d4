import { DeviceOrder, FILES_MIN, WINDOW_MAX } from '../store/local/device-order.js';
import type { Workload } from '../workload/workload.js';

/**
 * The order in which `lsio get` and `getMany` would read the operations of a workload: that of the device within a window
 * of them. Undefined where that is the order given.
 */
export async function deviceOrderOf({
  files,
  fileOf,
  offsets,
  operations,
}: Workload): Promise<Uint32Array | undefined> {
  if (files.length < FILES_MIN) return undefined;
  const deviceOrder = new DeviceOrder();
  const order = new Uint32Array(operations);
  let reordered = false;
  for (let begin = 0; begin < operations; begin += WINDOW_MAX) {
    const count = Math.min(WINDOW_MAX, operations - begin);
    const reads = {
      count,
      pathOf: (index: number) => files[fileOf[begin + index]!]!.path,
      offsetOf: (index: number) => offsets[begin + index]!,
    };
    const window = (await deviceOrder.pays(reads)) ? await deviceOrder.order(reads) : undefined;
    reordered ||= window !== undefined;
    for (let index = 0; index < count; index++)
      order[begin + index] = begin + (window === undefined ? index : window[index]!);
  }
  return reordered ? order : undefined;
}
