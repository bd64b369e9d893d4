import { KERNELS_BASE64 } from './module.js';

/** What lsio uses of WebAssembly: the types of Node 20 do not declare it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyNamespace {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** Undefined where the engine runs without it (`node --jitless`). */
export const webAssembly = (globalThis as { WebAssembly?: WebAssemblyNamespace }).WebAssembly;

export const WASM_PAGE_BYTES = 65536;

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

/** Memory of a fixed size that never moves, or undefined where its 8 GiB of addresses cannot be reserved. */
export function wasmMemory(bytes: number): WasmMemory | undefined {
  if (webAssembly === undefined) return undefined;
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    return new webAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}
