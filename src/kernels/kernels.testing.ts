import { type Kernels, kernelMemory, loadKernels } from './kernels.js';

/** Both implementations over memories of their own, filled with bytes that tell their position. */
export function bothKernels(bytes: number): [wasm: Kernels, js: Kernels] {
  const kernels: [Kernels, Kernels] = [
    loadKernels(kernelMemory(bytes), 'wasm'),
    loadKernels({ buffer: new ArrayBuffer(Math.ceil(bytes / 65536) * 65536) }),
  ];
  for (const { buffer } of kernels) {
    const all = new Uint8Array(buffer);
    for (let i = 0; i < all.length; i++) all[i] = (i * 37 + (i >> 8) * 11) % 251;
  }
  return kernels;
}

/** Everything in the memory: what a kernel must not touch is compared, too. */
export function contents(kernels: Kernels): Buffer {
  return Buffer.from(new Uint8Array(kernels.buffer));
}
