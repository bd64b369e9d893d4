#!/usr/bin/env node
/*
 * One run of one client of bench-objects, in a process of its own: its CPU time is counted from the first request on, after a
 * warm-up over the same connections. Prints a line of JSON. Usage: client.js KIND JOB, a file of JSON.
 */
import { readFileSync } from 'node:fs';
import { nameOf, objectBytes } from './server.js';

const [kind = '', file = ''] = process.argv.slice(2);
/** @type {import('./run.js').Job} */
const job = JSON.parse(readFileSync(file, 'utf8'));

let wrong = 0;
let bytes = 0;
/** The object and the offset of a request. @param {number} index @returns {[number, number]} */
function requestAt(index) {
  const request = job.requests[index];
  if (request === undefined) throw new Error('there is no such request');
  return request;
}

/** Every so many are compared: all clients pay for the same. @param {number} index @param {Uint8Array | undefined} got */
function take(index, got = new Uint8Array(0)) {
  bytes += got.length;
  if (index % job.every !== 0) return;
  const [object, offset] = requestAt(index);
  if (Buffer.compare(got, objectBytes(object, offset, job.length)) !== 0) wrong++;
}

/**
 * Runs one request after the other, as many at a time as there may be.
 *
 * @param {number} count
 * @param {(index: number) => Promise<void>} one
 */
async function pooled(count, one) {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await one(index);
  };
  await Promise.all(Array.from({ length: job.inFlight }, worker));
}

const rangeOf = (/** @type {number} */ offset) => `bytes=${offset}-${offset + job.length - 1}`;

/** @typedef {{ run(count: number): Promise<unknown>, info?: () => object, close?: () => Promise<void> }} Client */

/** @type {Record<string, () => Promise<Client>>} */
const CLIENTS = {
  async lsio() {
    const { openStore } = await import('../../dist/index.js');
    const store = await openStore(job.url, { connections: job.auto ? 'auto' : job.inFlight });
    return {
      async run(count) {
        // As they are asked for: the other clients make no list beforehand either.
        function* requests() {
          for (let index = 0; index < count; index++) {
            const [object, offset] = requestAt(index);
            yield { key: nameOf(object), range: { offset, length: job.length } };
          }
        }
        for await (const batch of store.getMany(requests(), { coalesce: job.coalesce ?? 'off' })) {
          for (const item of batch) {
            if (!item.ok) throw item.error;
            take(item.index, item.bytes);
          }
        }
      },
      info: () => /** @type {any} */ (store).info,
      close: () => store.close(),
    };
  },
  async undici() {
    const { Pool } = await import('undici');
    const pool = new Pool(new URL(job.url).origin, { connections: job.inFlight, pipelining: 1 });
    return {
      run: (count) =>
        pooled(count, async (index) => {
          const [object, offset] = requestAt(index);
          const { body } = await pool.request({
            method: 'GET',
            path: `/${nameOf(object)}`,
            headers: { range: rangeOf(offset) },
          });
          take(index, new Uint8Array(await body.arrayBuffer()));
        }),
      close: () => pool.close(),
    };
  },
  async fetch() {
    return {
      run: (count) =>
        pooled(count, async (index) => {
          const [object, offset] = requestAt(index);
          const answer = await fetch(job.url + nameOf(object), { headers: { range: rangeOf(offset) } });
          take(index, new Uint8Array(await answer.arrayBuffer()));
        }),
    };
  },
  async zarrita() {
    const { FetchStore } = await import('zarrita');
    const store = new FetchStore(job.url);
    return {
      run: (count) =>
        pooled(count, async (index) => {
          const [object, offset] = requestAt(index);
          take(index, await store.getRange(`/${nameOf(object)}`, { offset, length: job.length }));
        }),
    };
  },
};

const open = CLIENTS[kind];
if (open === undefined) throw new Error(`no client ${kind}`);
const client = await open();
if (job.warmUp > 0) await client.run(job.warmUp);
bytes = 0;
const cpu = process.cpuUsage();
const began = process.hrtime.bigint();
await client.run(job.requests.length);
const wallNs = Number(process.hrtime.bigint() - began);
const { user, system } = process.cpuUsage(cpu);
const info = client.info?.();
process.stdout.write(`${JSON.stringify({ wallNs, cpuNs: (user + system) * 1000, bytes, wrong, info })}\n`);
await client.close?.();
