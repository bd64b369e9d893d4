import { webAssembly } from '../webassembly.js';
import { KERNELS_BASE64 } from './module.js';

export { type WasmMemory, wasmMemory, webAssembly } from '../webassembly.js';

let compiled: object | null | undefined;

/** The compiled kernels, or null where WebAssembly or its SIMD is missing. Compiled once a thread, in about 2 ms. */
export function kernelModule(): object | null {
  if (compiled !== undefined) return compiled;
  compiled = null;
  if (webAssembly !== undefined) {
    try {
      compiled = new webAssembly.Module(Buffer.from(KERNELS_BASE64, 'base64'));
    } catch {
      // The module has SIMD instructions: an engine without them refuses it.
    }
  }
  return compiled;
}
