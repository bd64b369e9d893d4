#!/usr/bin/env node
// Measures how fast chunks are decoded on one core: lsio with shared libraries, lsio without any, and numcodecs.js, in
// turns on the same chunks, every result compared. Usage: npm run build && scripts/bench-codecs.js [--rounds N]
// Prints the median decoded GB/s by CPU time, a table for docs/measurements.md.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { deflateSync, gzipSync } from 'node:zlib';
import { Blosc, GZip, LZ4, Zlib, Zstd } from 'numcodecs';
import { plainDType } from '../dist/array/dtype.js';
import { openChunkDecoder } from '../dist/codec/chunk-decoder.js';
import { loadLibraries } from '../dist/codec/libraries.js';

const CPU_US_A_ROUND = 40e3;
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 7);
const SIZES = [64 * 1024, 256 * 1024, 1024 * 1024];

/** @typedef {{ encode(data: Uint8Array): Uint8Array | Promise<Uint8Array>, decode(data: Uint8Array): Uint8Array | Promise<Uint8Array> }} Reference */
/** @type {[name: string, type: 'f4' | 'i2', codec: string, configuration: object, reference: Reference][]} */
const CASES = [
  blosc('lz4', 1, 'f4'),
  blosc('lz4', 1, 'i2'),
  blosc('lz4', 2, 'f4'),
  blosc('zstd', 1, 'f4'),
  blosc('zstd', 1, 'i2'),
  blosc('blosclz', 1, 'f4'),
  blosc('snappy', 1, 'f4'),
  ['zstd', 'f4', 'zstd', {}, new Zstd(3)],
  ['lz4', 'f4', 'lz4', {}, new LZ4()],
  ['zlib', 'f4', 'zlib', {}, { encode: (data) => deflateSync(data), decode: (data) => new Zlib().decode(data) }],
  ['gzip', 'f4', 'gzip', {}, { encode: (data) => gzipSync(data), decode: (data) => new GZip().decode(data) }],
];

/** @param {string} cname @param {0 | 1 | 2} shuffle @param {'f4' | 'i2'} type @returns {typeof CASES[number]} */
function blosc(cname, shuffle, type) {
  const name = `blosc ${cname} ${['', 'shuffle', 'bitshuffle'][shuffle]}`;
  return [name, type, 'blosc', { cname }, blosced(cname, shuffle, type)];
}

/** Encoded by Debian's python3-numcodecs: numcodecs.js takes every element for one of 4 bytes. @param {string} cname @param {0 | 1 | 2} shuffle @param {'f4' | 'i2'} type @returns {Reference} */
function blosced(cname, shuffle, type) {
  const codec = new Blosc(5, cname, shuffle, 0);
  const program = `
import sys, numcodecs, numpy
array = numpy.frombuffer(sys.stdin.buffer.read(), '${type}')
sys.stdout.buffer.write(numcodecs.Blosc('${cname}', 5, ${shuffle}).encode(array))`;
  return {
    encode(data) {
      const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], { input: data, maxBuffer: 2 ** 24 });
      if (stdout.length === 0) throw new Error(`python3-numcodecs does not run: ${stderr}`);
      return stdout;
    },
    decode: (data) => codec.decode(data),
  };
}

const native = await loadLibraries('native');
const wasm = await loadLibraries('wasm');
const [load] = loadavg();
process.stdout.write(
  `${cpus()[0]?.model}, Node ${process.versions.node}, load ${load?.toFixed(1)}; decoded GB/s of one core by CPU time, median of ${rounds} rounds in turns\n\n`,
);
process.stdout.write(
  '| codec | data | chunk | lsio | lsio without libraries | numcodecs.js | lsio / numcodecs.js |\n|---|---|---|---|---|---|---|\n',
);
for (const [name, type, codec, configuration, reference] of CASES) {
  for (const bytes of SIZES) await measure(name, type, codec, configuration, reference, bytes);
}

/**
 * @param {string} name @param {'f4' | 'i2'} type @param {string} codec @param {object} configuration
 * @param {Reference} reference @param {number} bytes
 */
async function measure(name, type, codec, configuration, reference, bytes) {
  const data = smooth(type, bytes);
  const stored = await reference.encode(data);
  const codecs = [
    { name: 'bytes', configuration: {} },
    { name: `numcodecs.${codec}`, configuration: { ...configuration } },
  ];
  const encoding = { codecs, dtype: plainDType('uint8'), shape: [bytes] };
  const target = new Uint8Array(bytes);
  const decoders = [native, wasm].map((libraries) => openChunkDecoder(encoding, libraries));
  for (const decoder of decoders) {
    target.fill(0);
    decoder.decode(stored, target);
    if (Buffer.compare(target, data) !== 0) throw new Error(`${name}: wrong bytes`);
  }
  if (Buffer.compare(await reference.decode(stored), data) !== 0) throw new Error(`${name}: numcodecs.js differs`);
  /** @type {number[][]} */
  const rates = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    for (const [i, decoder] of decoders.entries()) {
      rates[i]?.push(await rate(bytes, () => decoder.decode(stored, target)));
    }
    rates[2]?.push(await rate(bytes, () => reference.decode(stored)));
  }
  const [own, fallback, other] = rates.map((all) => all.sort((a, b) => a - b)[all.length >> 1] ?? 0);
  const ratio = (own ?? 0) / (other ?? 1);
  const what = `${type} r ${(bytes / stored.length).toFixed(1)}`;
  const cells = [name, what, `${bytes / 1024} KiB`, text(own), text(fallback), text(other), `${ratio.toFixed(1)} ×`];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

/** @param {number | undefined} value */
function text(value = 0) {
  return value.toFixed(value < 1 ? 2 : 1);
}

/** By CPU time: other processes do not count. @param {number} bytes @param {() => unknown} run */
async function rate(bytes, run) {
  await run();
  const start = process.cpuUsage();
  let calls = 0;
  let elapsed = 0;
  do {
    // Only what is asynchronous is waited for.
    const result = run();
    if (result !== undefined) await result;
    calls++;
    const { user, system } = process.cpuUsage(start);
    elapsed = user + system;
  } while (elapsed < CPU_US_A_ROUND);
  return (calls * bytes) / elapsed / 1e3;
}

/** A smooth field with noise, packed to steps of 1/64 as GRIB's are. @param {'f4' | 'i2'} type @param {number} bytes */
function smooth(type, bytes) {
  let state = 12345;
  const noise = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const field = (/** @type {number} */ i) => 280 + 15 * Math.sin(i / 977) + 8 * Math.cos(i / 37) + noise() * 0.4;
  const elements = bytes / (type === 'f4' ? 4 : 2);
  const values =
    type === 'f4'
      ? Float32Array.from({ length: elements }, (_, i) => Math.round(field(i) * 64) / 64)
      : Int16Array.from({ length: elements }, (_, i) => Math.round(field(i) * 10));
  return new Uint8Array(values.buffer);
}
