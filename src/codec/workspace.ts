import { type Kernels, kernelMemory, loadKernels } from '../kernels/kernels.js';

const BYTES_MIN = 1024 * 1024;
/** Larger ones are not kept: one huge block must not cost memory for as long as the thread lives. */
export const WORKSPACE_BYTES_MAX = 64 * 1024 * 1024;

/** Memory in which kernels work, made larger when a chunk needs it. */
export interface Workspace {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type Workspaces = (bytes: number) => Workspace;

/** A workspace that grows: what is given has at least so many bytes, and what it held before is lost. */
export function makeWorkspace(): Workspaces {
  let current: Workspace | undefined;
  return (bytes) => {
    if (bytes > WORKSPACE_BYTES_MAX) return workspaceOf(bytes);
    if (current === undefined || current.bytes.length < bytes) {
      current = workspaceOf(2 ** Math.ceil(Math.log2(Math.max(bytes, BYTES_MIN))));
    }
    return current;
  };
}

function workspaceOf(bytes: number): Workspace {
  const memory = kernelMemory(bytes);
  return { kernels: loadKernels(memory), bytes: new Uint8Array(memory.buffer) };
}
