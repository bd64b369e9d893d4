/**
 * Runs a job for each input, several at a time, and gives their results in the order of the inputs. A job that throws
 * ends it all.
 */
export async function* inOrder<Input, Result>(
  inputs: AsyncIterable<Input>,
  atOnce: number,
  job: (input: Input) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const input of inputs) {
    const result = job(input);
    // Awaited in turn below; until then a failure must not count as unhandled.
    result.catch(() => undefined);
    running.push(result);
    if (running.length >= atOnce) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
