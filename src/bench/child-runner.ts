import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert } from '../assert.js';
import { LsioError } from '../errors.js';
import type { ChildReply, ChildRequest, ChildSetup, ReaderFacts } from './child.js';
import type { Runner, Sample } from './runner.js';

/** A reader in a process of its own. */
export class ChildRunner implements Runner {
  readonly name: string;
  readonly facts: ReaderFacts;
  readonly #process: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  /** No request reaches it any more. */
  #unreachable = false;

  /**
   * Starts the process and opens its reader.
   *
   * @param threadPoolSize the number of libuv's threads in it: fixed for the life of a process.
   * @param signal kills the process; the pending call is rejected with the signal's reason.
   * @throws {LsioError} `unavailable` when its engine does not work here.
   */
  static async start(setup: ChildSetup, threadPoolSize: number, signal?: AbortSignal): Promise<ChildRunner> {
    const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), {
      serialization: 'advanced',
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threadPoolSize) },
      // Its own process group: the parent handles Ctrl-C and ends the child by `disconnect`.
      detached: true,
    });
    try {
      const reply = await ask(child, { kind: 'setup', setup }, signal);
      assert(reply.kind === 'ready', 'a process that is set up is ready');
      return new ChildRunner(child, { name: setup.reader, facts: reply.facts, signal });
    } catch (error) {
      if (child.connected) child.disconnect();
      throw error;
    }
  }

  private constructor(
    child: ChildProcess,
    given: { readonly name: string; readonly facts: ReaderFacts; readonly signal: AbortSignal | undefined },
  ) {
    this.#process = child;
    // Tells of a process that dies before its exit does.
    child.on('error', () => {
      this.#unreachable = true;
    });
    this.name = given.name;
    this.facts = given.facts;
    this.#signal = given.signal;
  }

  get pids(): number[] {
    return this.#process.pid === undefined ? [] : [this.#process.pid];
  }

  async run(passes: number): Promise<Sample> {
    const reply = await ask(this.#process, { kind: 'run', passes }, this.#signal);
    assert(reply.kind === 'sample', 'a run comes to a sample');
    return reply.sample;
  }

  /**
   * Reads again, outside of any timing, and compares the bytes. Returns how many operations were compared.
   *
   * @throws {LsioError} when bytes differ.
   */
  async verify(how: 'all' | 'sample'): Promise<number> {
    const reply = await ask(this.#process, { kind: 'verify', how }, this.#signal);
    assert(reply.kind === 'verified', 'a verification comes to an end');
    return reply.operations;
  }

  async close(): Promise<void> {
    const { connected, exitCode, signalCode } = this.#process;
    // One that was killed can have ended before its channel is seen to be closed.
    const isOver = this.#unreachable || exitCode !== null || signalCode !== null;
    if (connected && !isOver) await ask(this.#process, { kind: 'close' });
  }
}

function ask(child: ChildProcess, request: ChildRequest, signal?: AbortSignal): Promise<ChildReply> {
  return new Promise((resolve, reject) => {
    function settle(): void {
      signal?.removeEventListener('abort', onAbort);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onExit);
    }
    function onMessage(message: unknown): void {
      settle();
      const reply = message as ChildReply;
      if (reply.kind !== 'failed') resolve(reply);
      else reject(new LsioError(reply.errorKind ?? 'read', reply.message, { remedy: reply.remedy }));
    }
    function onExit(): void {
      settle();
      reject(new LsioError('unavailable', 'the reading process ended before its reply'));
    }
    function onAbort(): void {
      settle();
      // A process that reads synchronously receives no message.
      child.kill('SIGKILL');
      reject(signal?.reason);
    }
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onExit);
    child.send(request);
  });
}
