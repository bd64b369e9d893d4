/*
 * One of Node's readers of bench-arrays: usage: reader.js lsio|lsio-fresh|lsio-1|zarrita|zarrita-lsio PATH
 * Reads commands as lines of JSON from stdin, and answers each with one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import FileSystemStore from '@zarrita/storage/fs';
import * as zarr from 'zarrita';
import { crops, LocalStore, openSource, readArray, withDecoding } from '../../dist/index.js';

/** Crops that zarrita reads at the same time. */
const AT_ONCE = 8;
const [kind = '', path = ''] = process.argv.slice(2);
const workers = kind === 'lsio-1' ? 1 : 'auto';
const isLsio = kind.startsWith('lsio');
/** @type {Uint8Array | undefined} */
let out;

/** @returns {Promise<import('../../dist/index.js').ChunkedArray>} */
async function openLsio() {
  const source = await openSource(path);
  const [listed] = source.arrays;
  if (listed?.array === undefined) throw new Error(listed?.reason);
  return listed.array;
}

async function openZarrita() {
  const store = kind === 'zarrita' ? new FileSystemStore(path) : withDecoding(await LocalStore.open(path));
  return zarr.open(/** @type {zarr.Readable} */ (store), { kind: 'array' });
}

const array = isLsio ? await openLsio() : undefined;
const theirs = isLsio ? undefined : await openZarrita();

/** @param {ArrayBufferView} data */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function whole() {
  if (array !== undefined) {
    const { bytes } = await readArray(array, { workers, ...(kind !== 'lsio-fresh' && { into: out }) });
    return bytes;
  }
  const { data } = /** @type {{ data: unknown }} */ (await zarr.get(/** @type {any} */ (theirs)));
  return bytesOf(/** @type {ArrayBufferView} */ (data));
}

/** @param {readonly (readonly number[])[]} origins @param {number} size @param {(bytes: Uint8Array) => void} use */
async function readCrops(origins, size, use) {
  if (array !== undefined) {
    for await (const { bytes } of crops(array, { size: [size, size, size], count: origins.length, seed: 7, workers }))
      use(bytes);
    return;
  }
  for (let at = 0; at < origins.length; at += AT_ONCE) {
    const some = origins.slice(at, at + AT_ONCE);
    const read = await Promise.all(
      some.map((origin) =>
        zarr.get(
          /** @type {any} */ (theirs),
          origin.map((o) => zarr.slice(o, o + size)),
        ),
      ),
    );
    for (const { data } of /** @type {any[]} */ (read)) use(bytesOf(data));
  }
}

/** @param {any} command */
async function answer({ do: what, what: work, origins, size, hash }) {
  if (what === 'ready') {
    const bytes = array === undefined ? 0 : array.shape.reduce((a, b) => a * b, array.dtype.itemBytes);
    if (array !== undefined && work === 'whole' && kind !== 'lsio-fresh') out = new Uint8Array(bytes).fill(1);
    const { version } = JSON.parse(
      readFileSync(
        new URL(
          isLsio ? '../../package.json' : import.meta.resolve('zarrita').replace(/\/dist\/.*/, '/package.json'),
          import.meta.url,
        ),
        'utf8',
      ),
    );
    return { version };
  }
  const sum = createHash('sha1');
  if (hash) out?.fill(1);
  const beganMs = performance.now();
  const cpu = process.cpuUsage();
  /** @type {Uint8Array | undefined} */
  let bytes;
  if (work === 'whole') bytes = await whole();
  else await readCrops(origins, size, (crop) => hash && sum.update(crop));
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - beganMs) / 1000;
  const times = {
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  };
  if (!hash) return times;
  return { ...times, sha1: (bytes === undefined ? sum : sum.update(bytes)).digest('hex') };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
process.exit();
