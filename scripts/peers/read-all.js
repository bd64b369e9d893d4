/* Reads all files of a directory, as Bun and Deno do it best, and prints how many bytes they have. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

const IN_FLIGHT = 64;
const { Bun, Deno } = /** @type {any} */ (globalThis);
const [dir = '.', option] = process.argv.slice(2);
const names = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
let next = 0;
let bytes = 0;

/** @param {string} path @returns {Promise<Uint8Array>} */
async function read(path) {
  if (Bun !== undefined) return new Uint8Array(await Bun.file(path).arrayBuffer());
  return Deno.readFile(path);
}

async function readNext() {
  while (next < names.length) {
    const path = `${dir}/${names[next++]?.name}`;
    const content = await read(path);
    if (option === '--check' && !readFileSync(path).equals(content)) throw new Error(`${path}: other bytes`);
    bytes += content.length;
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, readNext));
process.stdout.write(`${bytes}\n`);
