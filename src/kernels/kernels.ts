import { type AecKernels, aecKernels } from './aec.js';
import { type AxisKernels, axisKernels } from './axis.js';
import { type ConvertKernels, convertKernels } from './convert.js';
import { type CopyKernels, copyKernels } from './copy.js';
import { type DistributionKernels, distributionKernels } from './distribution.js';
import { type ExactKernels, exactKernels } from './exact.js';
import { type Lz4Kernels, lz4Kernels } from './lz4.js';
import { type MaskKernels, maskKernels } from './mask.js';
import { type MomentsKernels, momentsKernels } from './moments.js';
import { type ShuffleKernels, shuffleKernels } from './shuffle.js';
import { kernelModule, type WasmMemory, wasmMemory, webAssembly } from './webassembly.js';

/**
 * The inner loops of lsio over one memory. All pointers are byte offsets into `buffer`; none need alignment.
 * Callers check that every range lies inside: WebAssembly throws a RuntimeError beyond the end, and nothing guards
 * ranges against one another. Both implementations give the same bits, except the payload of a NaN.
 */
export interface Kernels
  extends CopyKernels,
    ShuffleKernels,
    ConvertKernels,
    Lz4Kernels,
    AecKernels,
    MaskKernels,
    MomentsKernels,
    AxisKernels,
    DistributionKernels,
    ExactKernels {
  readonly implementation: 'wasm' | 'js';
  readonly buffer: ArrayBuffer;
}

/** Memory for kernels: WebAssembly's, such as a slab, or any object with an ArrayBuffer. */
export type KernelMemory = WasmMemory;

export type KernelChoice = 'auto' | 'wasm' | 'js';

/** Memory of at least `bytes` bytes that never moves: of WebAssembly where it can be reserved, else an ArrayBuffer. */
export function kernelMemory(bytes: number): KernelMemory {
  return wasmMemory(bytes) ?? { buffer: new ArrayBuffer(bytes) };
}

/**
 * Binds the kernels to a memory. `auto` takes WebAssembly with SIMD where the memory and the engine allow it.
 *
 * @throws {TypeError} with `wasm`, where it cannot be had.
 */
export function loadKernels(memory: KernelMemory, choice: KernelChoice = 'auto'): Kernels {
  const { buffer } = memory;
  const module = choice === 'js' ? null : kernelModule();
  if (module !== null && webAssembly !== undefined && memory instanceof webAssembly.Memory) {
    const { exports } = new webAssembly.Instance(module, { env: { memory } });
    return { implementation: 'wasm', buffer, ...(exports as Omit<Kernels, 'implementation' | 'buffer'>) };
  }
  if (choice === 'wasm') throw new TypeError('the WebAssembly kernels need SIMD and a WebAssembly.Memory');
  return {
    implementation: 'js',
    buffer,
    ...copyKernels(buffer),
    ...shuffleKernels(buffer),
    ...convertKernels(buffer),
    ...lz4Kernels(buffer),
    ...aecKernels(buffer),
    ...maskKernels(buffer),
    ...momentsKernels(buffer),
    ...axisKernels(buffer),
    ...distributionKernels(buffer),
    ...exactKernels(buffer),
  };
}
