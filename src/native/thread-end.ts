import { isMainThread } from 'node:worker_threads';
import { loadKoffi } from './library.js';

type Hook = (env: unknown, callback: number, argument: number) => number;

interface Hooks {
  readonly add: Hook;
  readonly remove: Hook;
  readonly close: number;
}

let hooks: Hooks | undefined;

function load(): Hooks {
  if (hooks !== undefined) return hooks;
  const koffi = loadKoffi();
  const library = koffi.load(null);
  hooks = {
    add: library.func('int napi_add_env_cleanup_hook(void *, uintptr_t, uintptr_t)'),
    remove: library.func('int napi_remove_env_cleanup_hook(void *, uintptr_t, uintptr_t)'),
    close: Number(koffi.address(library.symbol('close'))),
  };
  return hooks;
}

/**
 * Has `callback(argument)` called when this thread ends, however it ends: a thread that is terminated runs no more
 * JavaScript. The latest hook is called first. The main thread needs none, because the process ends with it.
 *
 * @param callback the address of a C function of one word.
 * @returns a function that removes the hook.
 */
export function callAtThreadEnd(callback: number, argument: number): () => void {
  if (isMainThread) return () => {};
  const { env } = loadKoffi().node;
  const { add, remove } = load();
  add(env, callback, argument);
  return () => remove(env, callback, argument);
}

/** Has a descriptor closed when this thread ends. */
export function closeAtThreadEnd(fd: number): () => void {
  return isMainThread ? () => {} : callAtThreadEnd(load().close, fd);
}
