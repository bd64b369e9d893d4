import { createHash } from 'node:crypto';
import { LsioError } from '../errors.js';
import { parseLocator, shownAddress, splitUrl } from '../store/locator.js';
import { openRemoteStore } from '../store/open-remote.js';
import type { RemoteOptions } from '../store/remote-options.js';
import type { RemoteStore } from '../store/remote-store.js';
import { makeWorkload, possibleCases, type WorkloadOptions } from '../workload/cases.js';
import { pick } from '../workload/operations.js';
import type { CaseName, Workload, WorkloadFile } from '../workload/workload.js';
import { describeEnvironment } from './environment.js';
import { inTurn } from './interleave.js';
import type { Step } from './settings.js';
import { DECIDING_RUNS, estimateMedian } from './stats.js';
import { missingUrlClient, openUrlClient, type UrlClient, type UrlPlace } from './url-clients.js';
import type { UrlBenchResult, UrlCaseResult, UrlClientName, UrlRun } from './url-result.js';

/** Services bill each request: so many are asked for in a run unless more are wanted. */
const READS_DEFAULT = 1000;
/** Of a bucket so many objects are looked at. */
const OBJECTS_MAX = 10_000;
/** So many operations are compared for a sample, and no longer ones than a whole value may be. */
const SAMPLE_OPERATIONS = 32;
const SAMPLE_BYTES_MAX = 8 * 1024 * 1024;

/** What `lsio bench --url` measures. */
export interface UrlBenchOptions extends Omit<WorkloadOptions, 'dir'> {
  readonly url: string;
  readonly remote: RemoteOptions;
  readonly merging: UrlPlace['merging'];
  /** None: all that the objects allow. */
  readonly cases: readonly CaseName[];
  readonly clients: readonly UrlClientName[];
  /** Requests in flight, one after the other. */
  readonly inFlight: readonly number[];
  readonly runs: number;
  readonly warmups: number;
  readonly verify: 'all' | 'sample' | 'none';
  readonly version: string;
  readonly commandLine: string;
  readonly signal: AbortSignal;
  readonly onStep?: ((step: Step) => void) | undefined;
}

/**
 * Reads objects by lsio and by other clients, in turn.
 *
 * @throws {LsioError} `usage` where the objects allow none of the cases; `read` when a client fails or gets other bytes
 */
export async function runUrlBench(options: UrlBenchOptions): Promise<UrlBenchResult> {
  const { url, remote, clients, inFlight } = options;
  const store = await openRemoteStore(url, remote);
  try {
    const objects = await objectsOf(store, options);
    const dir = shownAddress(url);
    const names = options.cases.length > 0 ? options.cases : possibleCases(objects);
    if (names.length === 0) throw new LsioError('usage', `${dir}: nothing to read: all objects are empty`);
    const workloads = names.map((name) =>
      makeWorkload(name, objects, { ...options, dir, reads: options.reads ?? READS_DEFAULT }),
    );
    const notes: string[] = [];
    const there = clients.filter((name) => {
      const why = missingUrlClient(name, remote);
      if (why !== undefined) notes.push(why);
      return why === undefined;
    });
    const cases: UrlCaseResult[] = [];
    const total = workloads.length * inFlight.length * there.length * (options.runs + options.warmups);
    let done = 0;
    for (const work of workloads) {
      for (const count of inFlight) {
        const onRun = (name: string) =>
          options.onStep?.({ text: `${work.case} ${count} in flight ${name}`, done: done++, total });
        cases.push(...(await runCell(work, count, there, options, onRun)));
      }
    }
    const { host, transport } = store.info;
    const environment = describeEnvironment('/', options.version, null);
    const { commandLine } = options;
    return { schema: 'lsio.bench-url/1', commandLine, environment, url: dir, host, transport, cases, notes };
  } finally {
    await store.close();
  }
}

/** The object of the address, or those below it. */
async function objectsOf(store: RemoteStore, { url, signal }: UrlBenchOptions): Promise<WorkloadFile[]> {
  const { key } = splitUrl(url);
  const isNamed = parseLocator(url).scheme === 'http' || (key !== '' && !key.endsWith('/'));
  const named = isNamed ? await store.head('', { signal }) : undefined;
  if (named !== undefined) return [{ path: '', size: named.size }];
  const objects: WorkloadFile[] = [];
  if (store.capabilities.list) {
    for await (const { key, size } of store.list('/', { signal })) {
      if (size !== undefined && objects.push({ path: key, size }) >= OBJECTS_MAX) break;
    }
  }
  if (objects.length > 0) return objects;
  throw new LsioError('read', `${shownAddress(url)}: no object there (ENOENT)`, { code: 'ENOENT' });
}

async function runCell(
  work: Workload,
  inFlight: number,
  names: readonly UrlClientName[],
  options: UrlBenchOptions,
  onRun: (client: string) => void,
): Promise<UrlCaseResult[]> {
  const { url: address, remote, merging, signal, runs, warmups, verify } = options;
  const clients: UrlClient[] = [];
  const results = new Map<UrlClient, UrlRun[]>();
  try {
    for (const name of names) clients.push(await openUrlClient(name, { address, remote, merging, inFlight }));
    if (verify !== 'none' && clients.length > 1) await compare(clients, verify === 'all' ? work : sampleOf(work));
    for (const client of clients) results.set(client, []);
    for (let round = -warmups; round < runs; round++) {
      for (const client of inTurn(clients, Math.abs(round))) {
        signal.throwIfAborted();
        onRun(client.name);
        const run = await client.read(work);
        if (round >= 0) results.get(client)!.push(run);
      }
    }
    // One client alone has none to be compared with.
    const verified = clients.length > 1 ? verify : 'none';
    return clients.map((client) => caseResult(client, results.get(client)!, work, inFlight, verified));
  } finally {
    await Promise.allSettled(clients.map((client) => client.close()));
  }
}

/** Compares what the clients get with what the first of them got. */
async function compare(clients: readonly UrlClient[], work: Workload): Promise<void> {
  let first: string[] | undefined;
  for (const client of clients) {
    const hashes = Array.from({ length: work.operations }, () => createHash('sha256'));
    await client.read(work, (operation, bytes) => void hashes[operation]!.update(bytes));
    const digests = hashes.map((hash) => hash.digest('hex'));
    first ??= digests;
    const wrong = digests.findIndex((digest, operation) => digest !== first![operation]);
    if (wrong < 0) continue;
    const { path } = work.files[work.fileOf[wrong]!]!;
    throw new LsioError('read', `${path}: ${client.name} got other bytes than ${clients[0]!.name}`);
  }
}

/** Some operations of the work, the first and the last among them. */
function sampleOf(work: Workload): Workload {
  const count = Math.min(SAMPLE_OPERATIONS, work.operations);
  const all = Array.from({ length: count }, (_, i) => Math.round((i * (work.operations - 1)) / Math.max(1, count - 1)));
  const short = all.filter((operation) => work.lengths[operation]! <= SAMPLE_BYTES_MAX);
  const picked = pick(work, short.length > 0 ? short : all.slice(0, 1));
  return { ...picked, wholeFiles: work.wholeFiles };
}

function caseResult(
  { name: client, firstBytes }: UrlClient,
  runs: readonly UrlRun[],
  work: Workload,
  inFlight: number,
  verified: UrlCaseResult['verified'],
): UrlCaseResult {
  const rate = estimateMedian(runs.map(({ bytes, wallNs }) => bytes / (wallNs / 1e9)));
  const hasInterval = runs.length >= DECIDING_RUNS;
  const cpu = runs.flatMap(({ cpuNs }) => (cpuNs === null ? [] : [cpuNs]));
  return {
    case: work.case,
    client,
    inFlight,
    objects: work.files.length,
    operations: work.operations,
    bytes: work.bytes,
    runs,
    bytesPerSecond: rate.value,
    bytesPerSecondLow: hasInterval ? rate.low : null,
    bytesPerSecondHigh: hasInterval ? rate.high : null,
    operationsPerSecond: estimateMedian(runs.map(({ wallNs }) => work.operations / (wallNs / 1e9))).value,
    cpuNsPerOperation: cpu.length === 0 ? null : estimateMedian(cpu).value / work.operations,
    firstByteNsP50: firstBytes.quantile(0.5) ?? null,
    firstByteNsP99: firstBytes.quantile(0.99) ?? null,
    verified,
  };
}
