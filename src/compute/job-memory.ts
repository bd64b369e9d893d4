/** Of a loop that ended, for the next one: memory that is touched for the first time costs as much as decoding. */
let kept: Uint8Array | undefined;
let timer: NodeJS.Timeout | undefined;
const KEPT_MS = 5000;

/** Memory of at least that many bytes; what is in it means nothing. */
export function takeMemory(lengthBytes: number): Uint8Array {
  const found = kept;
  if (found === undefined || found.length < lengthBytes) return new Uint8Array(lengthBytes);
  kept = undefined;
  return found;
}

/** Keeps memory for a while that nobody uses any more: the larger one of two. */
export function keepMemory(memory: Uint8Array): void {
  if (kept !== undefined && kept.length >= memory.length) return;
  kept = memory;
  clearTimeout(timer);
  timer = setTimeout(() => {
    kept = undefined;
  }, KEPT_MS).unref();
}
