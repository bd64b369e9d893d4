import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LsioError } from '../errors.js';
import { openRemoteStore } from '../store/open-remote.js';
import type { RemoteOptions } from '../store/remote-options.js';
import type { RemoteStore } from '../store/remote-store.js';
import type { GetManyOptions } from '../store/store.js';
import type { Workload } from '../workload/workload.js';
import { LatencyHistogram } from './latency.js';
import type { UrlClientName, UrlRun } from './url-result.js';

/** Sees the bytes of an operation; a long one comes in parts, in order. */
export type Check = (operation: number, bytes: Uint8Array) => void;

/** Something that reads a workload of objects. */
export interface UrlClient {
  readonly name: UrlClientName;
  /** Times from requests to heads, of all runs but those that are checked. */
  readonly firstBytes: LatencyHistogram;
  /** @throws {LsioError} `read` for what fails or comes short */
  read(work: Workload, check?: Check): Promise<UrlRun>;
  close(): Promise<void>;
}

/** What clients read from. */
export interface UrlPlace {
  readonly address: string;
  readonly remote: RemoteOptions;
  /** How lsio merges. */
  readonly merging: Pick<GetManyOptions, 'coalesce' | 'readBytesMax'>;
  readonly inFlight: number;
}

const PROGRAMS = ['/usr/bin/curl', '/bin/curl', '/usr/local/bin/curl'];

/** Why a client can't take part; undefined: it can. */
export function missingUrlClient(name: UrlClientName, { ca, proxy }: RemoteOptions): string | undefined {
  if (name === 'lsio') return undefined;
  if (ca !== undefined || proxy !== undefined) return `${name}: left out with --ca and --proxy`;
  return name === 'curl' && !PROGRAMS.some(existsSync) ? 'curl: not installed (apt-get install curl)' : undefined;
}

export async function openUrlClient(name: UrlClientName, place: UrlPlace): Promise<UrlClient> {
  if (name === 'lsio') return openLsio(place);
  const store = await openRemoteStore(place.address, place.remote);
  const close = () => store.close();
  const firstBytes = new LatencyHistogram();
  if (name === 'curl') {
    const read = async (work: Workload, check?: Check) =>
      readByCurl(await requestsOf(store, work), work, { ...place, firstBytes, check });
    return { name, firstBytes, read, close };
  }
  const send = name === 'fetch' ? sendByFetch : await sendByUndici(place.inFlight);
  const read = async (work: Workload, check?: Check) => {
    const requests = await requestsOf(store, work);
    const noted = check === undefined ? firstBytes : new LatencyHistogram();
    return timed(work, async () => {
      await inLanes(requests.length, place.inFlight, async (operation) => {
        const request = requests[operation]!;
        const beganMs = performance.now();
        const answer = await send.send(request);
        noted.add((performance.now() - beganMs) * 1e6);
        const bytes = new Uint8Array(await answer.body());
        checkAnswer(request, answer.status, bytes.length, work.lengths[operation]!);
        check?.(operation, bytes);
      });
      return { requests: requests.length, bytesReceived: work.bytes, refusals: null };
    });
  };
  return { name, firstBytes, read, close: async () => void (await Promise.all([send.close(), close()])) };
}

async function openLsio({ address, remote, merging, inFlight }: UrlPlace): Promise<UrlClient> {
  const firstBytes = new LatencyHistogram();
  let noted: LatencyHistogram | undefined = firstBytes;
  const store = await openRemoteStore(
    address,
    { ...remote, connections: inFlight },
    { onHead: (_, firstByteMs) => noted?.add(firstByteMs * 1e6) },
  );
  const read = (work: Workload, check?: Check) => {
    noted = check === undefined ? firstBytes : undefined;
    const before = store.info;
    return timed(work, async () => {
      let bytes = 0;
      for await (const batch of store.getMany(storeRequests(work), merging)) {
        for (const item of batch) {
          if (!item.ok) throw item.error;
          bytes += item.bytes.length;
          check?.(item.index, item.bytes);
        }
      }
      if (bytes !== work.bytes) throw new LsioError('read', `${bytes} bytes came in place of ${work.bytes}`);
      const { requests, bytes: received, refusals } = store.info;
      return {
        requests: requests - before.requests,
        bytesReceived: received - before.bytes,
        refusals: refusals - before.refusals,
      };
    });
  };
  return { name: 'lsio', firstBytes, read, close: () => store.close() };
}

function* storeRequests({ files, fileOf, offsets, lengths, wholeFiles, operations }: Workload) {
  for (let operation = 0; operation < operations; operation++) {
    const key = files[fileOf[operation]!]!.path;
    yield wholeFiles ? { key } : { key, range: { offset: offsets[operation]!, length: lengths[operation]! } };
  }
}

/** A request as other clients send it. Its headers may be secret. */
interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signed before the clock starts: the other clients are not to pay for that. */
async function requestsOf(store: RemoteStore, work: Workload): Promise<Sent[]> {
  const { files, fileOf, offsets, lengths, wholeFiles, operations } = work;
  const requests: Sent[] = [];
  for (let operation = 0; operation < operations; operation++) {
    const [offset, length] = [offsets[operation]!, lengths[operation]!];
    const range = wholeFiles ? undefined : `bytes=${offset}-${offset + length - 1}`;
    const { url, headers } = await store.requestOf(files[fileOf[operation]!]!.path, range);
    requests.push({ url: url.href, headers });
  }
  return requests;
}

interface Sender {
  send(request: Sent): Promise<{ readonly status: number; body(): Promise<ArrayBuffer> }>;
  close(): Promise<void>;
}

const sendByFetch: Sender = {
  async send({ url, headers }) {
    const answer = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' } });
    return { status: answer.status, body: () => answer.arrayBuffer() };
  },
  close: async () => {},
};

async function sendByUndici(connections: number): Promise<Sender> {
  const { Agent } = await import('undici');
  const agent = new Agent({ connections, pipelining: 1 });
  return {
    async send({ url, headers }) {
      const { origin, pathname, search } = new URL(url);
      const { statusCode, body } = await agent.request({ origin, path: pathname + search, method: 'GET', headers });
      return { status: statusCode, body: () => body.arrayBuffer() };
    },
    close: () => agent.close(),
  };
}

function checkAnswer({ headers }: Sent, status: number, bytes: number, wanted: number): void {
  const isRight = status === (headers.range === undefined ? 200 : 206) && bytes === wanted;
  if (!isRight) throw new LsioError('read', `another client got status ${status} and ${bytes} of ${wanted} bytes`);
}

/** Wall and CPU time of this process. */
async function timed(
  work: Workload,
  run: () => Promise<Pick<UrlRun, 'requests' | 'bytesReceived' | 'refusals'>>,
): Promise<UrlRun> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const counts = await run();
  const wallNs = (performance.now() - beganMs) * 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { wallNs, cpuNs: (user + system) * 1000, bytes: work.bytes, ...counts };
}

async function inLanes(count: number, lanes: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await one(index);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}

interface CurlRun {
  readonly inFlight: number;
  readonly firstBytes: LatencyHistogram;
  readonly check: Check | undefined;
}

/** curl takes no more. */
const CURL_PARALLEL_MAX = 300;

/** One curl for all of it: its config has the addresses and headers, which are not to be seen in a list of processes. */
async function readByCurl(requests: readonly Sent[], work: Workload, run: CurlRun): Promise<UrlRun> {
  const { check, inFlight, firstBytes } = run;
  const beganMs = performance.now();
  if (check !== undefined) {
    // One after the other: bodies on its output have no names.
    for (const [operation, request] of requests.entries()) {
      const { body } = await curl([], `${curlConfig(request)}output = "-"\n`);
      check(operation, body);
    }
    const wallNs = (performance.now() - beganMs) * 1e6;
    const counts = { requests: requests.length, bytesReceived: work.bytes, refusals: null };
    return { wallNs, cpuNs: null, bytes: work.bytes, ...counts };
  }
  const config = requests.map(
    (request) =>
      `${curlConfig(request)}output = "/dev/null"\nwrite-out = "%{http_code} %{size_download} %{time_pretransfer} %{time_starttransfer}\\n"\n`,
  );
  const parallel = ['-Z', '--parallel-immediate', '--parallel-max', `${Math.min(CURL_PARALLEL_MAX, inFlight)}`];
  const { body, cpuNs } = await curl(parallel, config.join('next\n'));
  const wallNs = (performance.now() - beganMs) * 1e6;
  let received = 0;
  for (const line of body.toString().trim().split('\n')) {
    const [status = 0, bytes = 0, sent = 0, first = 0] = line.split(' ').map(Number);
    if (status !== 200 && status !== 206) throw new LsioError('read', `curl got status ${status}`);
    received += bytes;
    firstBytes.add((first - sent) * 1e9);
  }
  if (received !== work.bytes) throw new LsioError('read', `curl got ${received} of ${work.bytes} bytes`);
  return { wallNs, cpuNs, bytes: work.bytes, requests: requests.length, bytesReceived: received, refusals: null };
}

function curlConfig({ url, headers }: Sent): string {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  const lines = Object.entries(headers).map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}\n`);
  return `url = ${quoted(url)}\n${lines.join('')}`;
}

/** Runs curl under bash, which tells its CPU time. */
function curl(args: readonly string[], config: string): Promise<{ body: Buffer; cpuNs: number | null }> {
  const script = 'TIMEFORMAT="%U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'time', 'curl', '-q', '-s', '-S', ...args, '-K', '-']);
  const [body, talk]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (data) => body.push(data));
  child.stderr.on('data', (data) => talk.push(data));
  child.stdin.on('error', () => undefined);
  child.stdin.end(config);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new LsioError('unavailable', 'curl: bash is missing', { cause: error })));
    child.once('close', (status) => {
      const lines = Buffer.concat(talk).toString().trim().split('\n');
      const [user = Number.NaN, system = Number.NaN] = (lines.at(-1) ?? '').split(' ').map(Number);
      // What it says may hold an address.
      if (status !== 0) reject(new LsioError('read', `curl ended with ${status}`));
      else resolve({ body: Buffer.concat(body), cpuNs: Number.isNaN(user + system) ? null : (user + system) * 1e9 });
    });
  });
}
