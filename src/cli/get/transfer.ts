import type { ReadCounts } from '../../engine/counting.js';
import type { LsioError } from '../../errors.js';
import type { ChecksumAlgorithm } from '../../output/checksum.js';
import type { Input, Inputs } from '../../output/input.js';
import { sameFileError } from '../../output/same-file.js';
import { type ByteText, textOf } from '../../paths/byte-text.js';
import type { ReadItem, ReadValue } from '../../read/item.js';
import type { GetTotals } from '../../results/get.js';
import type { Context } from '../app/context.js';
import { say } from '../app/talk.js';
import type { GetConfig, ReadConfig } from './config.js';
import type { Digests } from './digests.js';
import type { GetDocument } from './document.js';
import { explained } from './explained.js';
import { readRouted } from './routed.js';
import type { Sink } from './sinks.js';
import type { Sources } from './sources.js';
import { summaryOf } from './summary.js';

/** What a plan says besides. */
export type PlanTotals = Pick<GetTotals, 'dryRun' | 'order' | 'costs'>;

type TransferConfig = Pick<GetConfig, 'report' | 'ordered'>;

/** Takes what is read to where it is to go, and counts it. */
export class Transfer {
  /** Inputs that were got whole. */
  items = 0;
  failed = 0;
  /** Inputs of which the output is there already. */
  skipped = 0;
  bytes = 0;
  #wallNs = 0;
  readonly #sink: Sink;
  readonly #context: Context;
  readonly #config: TransferConfig;
  readonly #plan: PlanTotals | undefined;
  #document: GetDocument | undefined;
  #digests: Digests | undefined;
  /** The input of which parts were taken and more are to come. */
  #begun: { readonly request: Input; readonly offset: number; bytes: number } | undefined;
  /** An input that is being written, of which parts are still to come. */
  #refused: Input | undefined;
  /** Failures that the document doesn't have yet. */
  #unlisted: { readonly name: ByteText; readonly error: LsioError; readonly id?: string | number | undefined }[] = [];

  /** @param plan Nothing is read: what the document says of that. */
  constructor(sink: Sink, config: TransferConfig, context: Context, plan?: PlanTotals) {
    this.#sink = sink;
    this.#config = config;
    this.#context = context;
    this.#plan = plan;
  }

  /** A path that is no input. */
  refuse(name: ByteText, error: LsioError, id?: string | number): void {
    this.failed++;
    sayError(error);
    if (this.#config.report.json) this.#unlisted.push({ name, error, id });
  }

  /**
   * Reads all inputs and takes them to the sink.
   *
   * @throws {LsioError} `output` when the sink fails, `unavailable` when the engine does; the signal's reason.
   */
  async run(sources: Sources, inputs: Iterable<Input> | Inputs, read: ReadConfig): Promise<void> {
    await this.#beginDocument(sources);
    const { checksum, json } = this.#config.report;
    const { signal } = this.#context;
    if (checksum !== undefined) this.#digests = await openDigests(checksum, json ? undefined : signal);
    const beganNs = process.hrtime.bigint();
    try {
      const batches = readRouted(inputs, sources, { ...read, ordered: this.#config.ordered, signal });
      for await (const batch of batches) {
        if (!(await this.#takeAll(batch))) break;
      }
      await this.#sink.end();
      await this.#digests?.end();
    } finally {
      this.#wallNs = Number(process.hrtime.bigint() - beganNs);
    }
    // Where nothing was read, the document still says what reads files here.
    if (!sources.isOpen) await sources.local();
    await this.#listFailures();
    this.#context.finishJson = async () => {};
    await this.#document?.end(this.#totals(sources));
  }

  summary(sources: Sources): string {
    const { items, failed, skipped, bytes } = this;
    const remotes = [...sources.remotes.values()].map(({ info }) => info);
    return summaryOf({ items, failed, skipped, bytes, wallNs: this.#wallNs, engine: sources.info.engine, remotes });
  }

  /** Gives up the input that is not whole, where that can be, and says what was delivered. */
  stop(sources: Sources): string {
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun !== undefined && this.#sink.drop(begun.request)) this.bytes -= begun.bytes;
    return this.summary(sources);
  }

  async #beginDocument(sources: Sources): Promise<void> {
    if (!this.#config.report.json) return;
    const { GetDocument } = await import('./document.js');
    // What reads is known once the first item was read: lists may hold paths or URLs.
    const document = new GetDocument(this.#config.report, () => sources.info);
    this.#document = document;
    this.#context.finishJson = (failure) => document.end(this.#totals(sources), failure);
  }

  #totals(sources: Sources): GetTotals {
    const { failed, skipped, bytes } = this;
    const { counts } = sources;
    const { reads, bytes: bytesRead } = counts;
    return {
      failed,
      ...(skipped > 0 && { skipped }),
      bytes,
      reads,
      bytesRead,
      ...(this.#plan ?? { direct: directIn(counts) }),
      wallNs: this.#wallNs,
    };
  }

  /** Takes what came together. Returns whether to go on. */
  async #takeAll(parts: readonly ReadItem<Input>[]): Promise<boolean> {
    for (const part of parts) {
      if (this.#isOutput(part)) continue;
      if (part.ok) {
        const taking = this.#take(part);
        if (taking !== undefined) await taking;
      } else if (!this.#fail(part, part.error)) return false;
      if (this.#unlisted.length > 0) await this.#listFailures();
    }
    return true;
  }

  /**
   * Whether the input is the file that is being written: it is refused before a byte of it is. Not when it is asked for:
   * the stat of each input would make cold small files wait for one another.
   */
  #isOutput({ request, last, error }: ReadItem<Input>): boolean {
    const ends = last || error !== undefined;
    if (this.#refused === request) {
      if (ends) this.#refused = undefined;
      return true;
    }
    if (error !== undefined || this.#begun !== undefined || !this.#sink.isOutput?.(request.name)) return false;
    this.refuse(request.name, sameFileError(request.name), request.id);
    if (!ends) this.#refused = request;
    return true;
  }

  #take(part: ReadValue<Input>): Promise<void> | undefined {
    const { request, offset, bytes, last } = part;
    this.bytes += bytes.length;
    this.#begun ??= { request, offset, bytes: 0 };
    const begun = this.#begun;
    begun.bytes += bytes.length;
    this.#digests?.update(bytes);
    const writing = this.#sink.write(part);
    if (!last) return writing;
    this.#begun = undefined;
    this.items++;
    const digest = this.#digests?.take();
    const listing = this.#document?.got(request, { ...begun, digest }) ?? this.#digests?.print(request, begun, digest);
    return writing === undefined || listing === undefined ? (writing ?? listing) : writing.then(() => listing);
  }

  /** Returns whether to go on. */
  #fail({ request }: ReadItem<Input>, error: LsioError): boolean {
    this.refuse(request.name, explained(error), request.id);
    this.#digests?.take();
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun === undefined) return true;
    if (this.#sink.drop(request)) {
      this.bytes -= begun.bytes;
      return true;
    }
    say(`lsio: the output ends after ${begun.bytes} bytes of ${textOf(request.name)}`);
    return false;
  }

  async #listFailures(): Promise<void> {
    for (const { name, error, id } of this.#unlisted.splice(0)) await this.#document?.failed(name, error, id);
  }
}

/** How the bytes came, as opposed to what was asked for. */
function directIn({ direct, buffered }: ReadCounts): 'on' | 'off' | 'mixed' {
  if (direct > 0 && buffered > 0) return 'mixed';
  return direct > 0 ? 'on' : 'off';
}

async function openDigests(algorithm: ChecksumAlgorithm, signal: AbortSignal | undefined): Promise<Digests> {
  const { Digests } = await import('./digests.js');
  return new Digests(algorithm, signal);
}

function sayError({ message, remedy }: LsioError): void {
  say(`lsio: ${message}${remedy === undefined ? '' : ` (${remedy})`}`);
}
