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

const WASM_PAGE_BYTES = 65536;

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
