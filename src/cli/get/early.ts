import type { Input, Inputs } from '../../output/input.js';
import { isRemoteUrl } from '../../store/locator.js';
import type { InputOptions } from './inputs.js';

/** Whether nothing can keep inputs waiting. A list may be a pipe, a server slow. */
export function cannotWait({ paths, filesFrom, files0From, requests }: InputOptions): boolean {
  const lists = filesFrom.length + files0From.length + requests.length;
  return lists === 0 && paths.every((path) => path !== '-' && !isRemoteUrl(path));
}

/** Finds the first inputs at once: a directory is read while the engine is opened. */
export function begun(inputs: Inputs): Inputs {
  const rest = inputs[Symbol.asyncIterator]();
  const first = firstOf(rest);
  // It is thrown where the inputs are taken.
  first.catch(() => {});
  return afterFirst(first, { [Symbol.asyncIterator]: () => rest });
}

/** The first batch that has inputs. */
async function firstOf(inputs: AsyncIterator<readonly Input[]>): Promise<IteratorResult<readonly Input[]>> {
  for (;;) {
    const result = await inputs.next();
    if (result.done === true || result.value.length > 0) return result;
  }
}

async function* afterFirst(
  first: Promise<IteratorResult<readonly Input[]>>,
  rest: Inputs,
): AsyncGenerator<readonly Input[]> {
  const { done, value } = await first;
  if (done === true) return;
  yield value;
  yield* rest;
}
