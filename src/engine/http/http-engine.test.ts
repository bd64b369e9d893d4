import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import { Slab } from '../../memory/slab.js';
import type { ReadSource } from '../engine.js';
import { TO_END } from '../engine.js';
import type { ReadSlots } from '../slots.js';
import { HttpClient } from './client.js';
import { FaultServer, OBJECT_BYTES, objectBytes } from './fault-server.testing.js';
import { openGeneral } from './general.js';
import { HttpEngine, type HttpEngineOptions } from './http-engine.js';
import { LeanTransport } from './lean.js';
import { Limiter } from './limiter.js';

const OPTIONS = { connections: 8, timeouts: { connectMs: 500, firstByteMs: 500, idleMs: 500 } };

interface Asked {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

interface Got {
  readonly errno: number;
  readonly bytes: Buffer;
}

let server: FaultServer;
let transport: LeanTransport;
beforeAll(async () => {
  server = await new FaultServer().start();
  transport = new LeanTransport(OPTIONS, () => openGeneral(OPTIONS));
});
afterAll(async () => {
  await transport.close();
  await server.stop();
});

function clientOf(): HttpClient {
  return new HttpClient({
    transport,
    clock: systemClock,
    limiter: new Limiter(systemClock, 8),
    retry: { tries: 3 },
  });
}

function engineOf(
  slabBytes = 16 * 1024 * 1024,
  depth = 8,
  client: HttpEngineOptions['client'] = clientOf(),
): HttpEngine {
  return new HttpEngine({
    client,
    slab: new Slab(Buffer.alloc(slabBytes)),
    depth,
    clock: systemClock,
    target: (path) => ({ url: server.url(`${path}`), name: `${path}` }),
    info: { engine: 'http', reason: 'test', queueDepth: depth, rings: 1, slabBytes, flags: [] },
  });
}

/** Reads a list, and checks that slots are described and finished once each. */
async function readAll(engine: HttpEngine, list: readonly Asked[]): Promise<Got[]> {
  const got: Got[] = [];
  let next = 0;
  let slots: ReadSlots | undefined;
  const source: ReadSource = {
    fill(into, free, count) {
      slots = into;
      let described = 0;
      for (; described < count && next < list.length; described++, next++) {
        const slot = free[described]!;
        const { path, offset, length } = list[next]!;
        into.tag[slot] = next;
        into.path[slot] = path;
        into.offset[slot] = offset;
        into.length[slot] = length;
      }
      return described;
    },
    done(from, finished, count) {
      for (let i = 0; i < count; i++) {
        const slot = finished[i]!;
        const tag = from.tag[slot]!;
        expect(got[tag]).toBeUndefined();
        got[tag] = { errno: from.errno[slot]!, bytes: Buffer.from(from.view(slot)) };
      }
    },
    get ended() {
      return next >= list.length;
    },
  };
  await engine.run(source).finished;
  expect(slots?.leasedBytes ?? 0).toBe(0);
  return got;
}

describe('HttpEngine', () => {
  test('reads ranges and whole objects, each into its slot', async () => {
    const engine = engineOf();
    const list = Array.from({ length: 200 }, (_, i) => {
      const whole = i % 40 === 0;
      return { path: `good/${i}`, offset: whole ? 0 : i * 4999, length: whole ? TO_END : (i * 97) % 20_000 };
    });
    const got = await readAll(engine, list);
    for (const [i, { offset, length }] of list.entries()) {
      const end = length === TO_END ? OBJECT_BYTES : Math.min(OBJECT_BYTES, offset + length);
      expect(got[i]!.errno).toBe(0);
      expect(Buffer.compare(got[i]!.bytes, objectBytes(offset, end - offset))).toBe(0);
    }
    await engine.close();
  });

  test('a failed read has its error by its errno, the others go on', async () => {
    const engine = engineOf();
    const kinds = ['good', 'shifted', 'denied', 'absent', 'good'];
    const got = await readAll(
      engine,
      kinds.map((kind, i) => ({ path: `${kind}/f${i}`, offset: 10, length: 100 })),
    );
    expect(got.map(({ errno }) => engine.failure(errno)?.kind)).toEqual([
      undefined,
      'read',
      'denied',
      'read',
      undefined,
    ]);
    expect(engine.failure(got[3]!.errno)).toMatchObject({ code: 'ENOENT' });
    for (const i of [0, 4]) expect(Buffer.compare(got[i]!.bytes, objectBytes(10, 100))).toBe(0);
    await engine.close();
  });

  test('waits for memory when objects need more of it than there is', async () => {
    const engine = engineOf(2 * 1024 * 1024);
    const list = Array.from({ length: 24 }, (_, i) => ({ path: `good/m${i}`, offset: 0, length: TO_END }));
    for (const { errno, bytes } of await readAll(engine, list)) {
      expect(errno).toBe(0);
      expect(Buffer.compare(bytes, objectBytes(0, OBJECT_BYTES))).toBe(0);
    }
    await engine.close();
  });

  test('no listener stays behind when a run has ended', async () => {
    const client = clientOf();
    const signals = new Set<AbortSignal>();
    const heard: number[] = [];
    const watched: HttpEngineOptions['client'] = {
      read(...asked) {
        signals.add(asked[4]!);
        heard.push(getEventListeners(asked[4]!, 'abort').length);
        return client.read(...asked);
      },
    };
    const engine = engineOf(2 * 1024 * 1024, 8, watched);
    const list = Array.from({ length: 24 }, (_, i) => ({ path: `good/l${i}`, offset: 0, length: TO_END }));
    for (const { errno } of await readAll(engine, list)) expect(errno).toBe(0);
    expect(signals.size).toBe(1);
    expect(new Set(heard)).toEqual(new Set([1]));
    for (const signal of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
    await engine.close();
  });

  test('the reads of one shared file agree on its version', async () => {
    const engine = engineOf(undefined, 1);
    const file = engine.share('replaced/one');
    const errors: (string | undefined)[] = [];
    let next = 0;
    const source: ReadSource = {
      fill(slots, free, count) {
        let described = 0;
        for (; described < count && next < 3; described++, next++) {
          const slot = free[described]!;
          slots.file[slot] = file;
          slots.path[slot] = undefined;
          slots.offset[slot] = next * 100;
          slots.length[slot] = 100;
        }
        return described;
      },
      done(slots, finished, count) {
        for (let i = 0; i < count; i++) errors.push(engine.failure(slots.errno[finished[i]!]!)?.kind);
      },
      get ended() {
        return next >= 3;
      },
    };
    await engine.run(source).finished;
    expect(errors).toEqual([undefined, 'changed', 'changed']);
    await engine.close();
  });

  test('close() rejects what is under way, and gives all memory back', async () => {
    const engine = engineOf();
    const reading = readAll(engine, [{ path: 'silent/c', offset: 0, length: 10 }]).catch((error) => error);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await engine.close();
    expect(await reading).toMatchObject({ kind: 'closed' });
    expect(() => engine.share('x')).toThrow(expect.objectContaining({ kind: 'closed' }));
  });
});
