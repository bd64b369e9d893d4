// Entry point of the WebAssembly module. `scripts/build-kernels` compiles it to `../module.ts`.
// Every function works on addresses of the imported memory and owns none of it: no allocation, no static data.
// Pointers are u32 byte offsets and need no alignment. `../kernels.ts` documents each function.

export * from './aec';
export * from './axis';
export * from './convert';
export * from './copy';
export * from './distribution';
export * from './exact';
export * from './lz4';
export * from './mask';
export * from './moments-float';
export * from './moments-integer';
export * from './shuffle';
