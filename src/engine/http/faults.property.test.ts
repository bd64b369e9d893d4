import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import { LsioError } from '../../errors.js';
import { Pin } from './checks.js';
import { ABSENT, type Got, HttpClient, type PastTheEnd } from './client.js';
import { FaultServer, OBJECT_BYTES, objectBytes } from './fault-server.testing.js';
import { type GeneralOptions, openGeneral } from './general.js';
import { LeanTransport } from './lean.js';
import { Limiter } from './limiter.js';
import type { Transport } from './message.js';

/** Reads of each transport. Each goes to a server whose fault, and the cuts of its answers, are drawn by chance. */
const RUNS = Number(process.env.LSIO_FAULT_RUNS ?? (process.env.LSIO_LONG === '1' ? 50_000 : 600));
const SEED = Number(process.env.LSIO_FAULT_SEED ?? 1);
/** At a time: most of a read is waiting. */
const AT_ONCE = 64;
/** Only a hang, or a loaded machine for long, reaches them. */
const TIMEOUTS = { connectMs: 20_000, firstByteMs: 10_000, idleMs: 10_000 };
/** They wait for a second, and learn nothing new each time: a few of them are enough. */
const SLOW = new Set(['retry-after', 'silent', 'silent-midway', 'slow-down-always', 'reset-always']);
/** The server lies in a way that nothing in an answer tells. */
const UNDETECTABLE = new Set(['same-etag-other-bytes']);

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TRANSPORTS: Record<string, (options: GeneralOptions) => Promise<Transport>> = {
  undici: openGeneral,
  lean: async (options) => new LeanTransport(options, () => openGeneral(options)),
};

/** What came of all reads of a transport. */
interface Tally {
  right: number;
  wrong: string[];
  unnamed: string[];
  readonly failed: Map<string, number>;
}

describe.each(Object.keys(TRANSPORTS))(`${RUNS} reads over %s, seed ${SEED}`, (name) => {
  const cutRandom = randomOf(SEED * 7 + 1);
  let server: FaultServer;
  let transport: Transport;
  beforeAll(async () => {
    // Mostly a few cuts anywhere, often within the head; now and then none.
    server = await new FaultServer((length) => {
      const count = Math.floor(cutRandom() * 4);
      const places = Array.from({ length: count }, () => Math.floor(cutRandom() * Math.min(length, 400)));
      return places.filter((at) => at > 0).sort((one, other) => one - other);
    }).start();
    transport = await TRANSPORTS[name]!({ connections: AT_ONCE, timeouts: TIMEOUTS });
  });
  afterAll(async () => {
    await transport.close();
    await server.stop();
  });

  /** The bytes of a version, or undefined where those that came are of none. */
  function versionOf(into: Uint8Array, { offset, bytes }: Got): number | undefined {
    return [1, 2].find((version) => Buffer.compare(into.subarray(0, bytes), objectBytes(offset, bytes, version)) === 0);
  }

  async function readOne(index: number, random: () => number, tally: Tally): Promise<void> {
    const kinds = FaultServer.kinds();
    let kind = kinds[Math.floor(random() * kinds.length)]!;
    if (SLOW.has(kind) && random() > 0.02) kind = 'good';
    const isSuffix = random() < 0.1;
    const length = 1 + Math.floor(random() ** 3 * 200_000);
    const offset = Math.floor(random() * (OBJECT_BYTES + 100 - length));
    const asked = isSuffix ? { suffixLength: length } : { offset, length };
    const into = new Uint8Array(length).fill(0xee);
    const limiter = new Limiter(systemClock, 8);
    const retry = { tries: 3, giveUpMs: 60_000 };
    const client = new HttpClient({ transport, clock: systemClock, limiter, retry, random: () => 0, follow: true });
    const where = `${kind} ${index} ${JSON.stringify(asked)}`;
    let got: Got | PastTheEnd | typeof ABSENT;
    try {
      const url = server.url(`${kind}/${name}-${index}`);
      got = await client.read({ url, name: kind }, asked, (bytes) => into.subarray(0, bytes), new Pin());
    } catch (error) {
      const isNamed = error instanceof LsioError && ['read', 'changed', 'denied'].includes(error.kind);
      if (!isNamed) tally.unnamed.push(`${where}: ${error}`);
      else tally.failed.set(kind, (tally.failed.get(kind) ?? 0) + 1);
      return;
    }
    if (got === ABSENT || 'pastTheEnd' in got) {
      const isRight = got === ABSENT ? kind === 'absent' : kind === 'empty' || kind === 'past-the-end';
      // Past the end of the object a good server says so, too.
      if (!isRight && !(offset >= OBJECT_BYTES)) tally.wrong.push(`${where}: nothing there`);
      return;
    }
    const begin = isSuffix ? OBJECT_BYTES - length : offset;
    const wanted = Math.min(length, OBJECT_BYTES - begin);
    const isWhole = got.offset === begin && got.bytes === wanted;
    const isClean = into.subarray(got.bytes).every((byte) => byte === 0xee);
    if (isWhole && isClean && (versionOf(into, got) !== undefined || UNDETECTABLE.has(kind))) tally.right++;
    else tally.wrong.push(where);
  }

  test('gives the right bytes or a named error, and nothing else', async () => {
    const tally: Tally = { right: 0, wrong: [], unnamed: [], failed: new Map() };
    const random = randomOf(SEED);
    let next = 0;
    const lane = async () => {
      for (let index = next++; index < RUNS; index = next++) await readOne(index, random, tally);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const failures = [...tally.failed.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(`${name}: ${RUNS} reads, ${tally.right} right, ${failures} named errors\n`);
    expect({ wrong: tally.wrong.slice(0, 20), unnamed: tally.unnamed.slice(0, 20) }).toEqual({
      wrong: [],
      unnamed: [],
    });
    expect(tally.right).toBeGreaterThan(RUNS / 4);
    expect(failures).toBeGreaterThan(RUNS / 8);
    for (const kind of ['good', 'half', 'early-end', 'unasked']) {
      expect(tally.failed.get(kind) ?? 0, kind).toBeLessThan(RUNS / 100);
    }
  });
});
