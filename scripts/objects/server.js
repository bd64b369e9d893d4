/*
 * The server of bench-objects: nginx on loopback, with its echo module for latency and a limit of requests, over objects
 * whose every byte is known.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ECHO = '/usr/lib/nginx/modules/ngx_http_echo_module.so';
/** A prime: bytes repeat after that many only. */
const PERIOD = 1_048_573;
export const OBJECT_COUNT = 100;
export const OBJECT_BYTES = 100 * 65_536;
export const LATENCY_MS = 20;
export const ADMITTED_PER_SECOND = 2000;

const base = Buffer.alloc(PERIOD * 2);
for (let i = 0, state = 1; i < PERIOD; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  base[i] = state >>> 24;
  base[i + PERIOD] = state >>> 24;
}

/** The bytes of an object from `offset` on, at most a mebibyte less 3. @param {number} object @param {number} offset @param {number} length */
export function objectBytes(object, offset, length) {
  const at = (offset + object * 7919) % PERIOD;
  return base.subarray(at, at + length);
}

/** @param {number} object */
export function nameOf(object) {
  return `o${String(object).padStart(3, '0')}`;
}

/** Why the server can't be started; undefined: it can. */
export function missing() {
  if (!existsSync('/usr/sbin/nginx')) return 'nginx is missing (apt-get install nginx-light libnginx-mod-http-echo)';
  if (!existsSync(ECHO)) return 'its echo module is missing (apt-get install libnginx-mod-http-echo)';
  return undefined;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} object */
export function wholeObject(object) {
  const parts = [];
  for (let at = 0; at < OBJECT_BYTES; at += 2 ** 19) {
    parts.push(objectBytes(object, at, Math.min(2 ** 19, OBJECT_BYTES - at)));
  }
  return Buffer.concat(parts);
}

/** Writes the objects, once. @returns the directory */
export function makeObjects(count = OBJECT_COUNT) {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(parent, 'lsio-objects-'));
  mkdirSync(join(directory, 'www'));
  for (let object = 0; object < count; object++) {
    writeFileSync(join(directory, 'www', nameOf(object)), wholeObject(object));
  }
  return directory;
}

/** @typedef {Record<'fast' | 'slow' | 'limited', number>} Ports */

/** @param {string} directory @param {Ports} ports */
function configuration(directory, { fast, slow, limited }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `load_module ${ECHO};
daemon off; pid ${directory}/pid; error_log ${directory}/error.log; worker_processes 1; worker_rlimit_nofile 16384;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 8192; }
http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag on; keepalive_requests 100000000; keepalive_timeout 600s;
${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
limit_req_zone $binary_remote_addr zone=z:1m rate=${ADMITTED_PER_SECOND}r/s; limit_req_status 503; open_file_cache max=2000;
server { listen 127.0.0.1:${fast} backlog=4096; root ${directory}/www; }
server { listen 127.0.0.1:${limited} backlog=4096;
 location / { limit_req zone=z burst=100 nodelay; echo_sleep ${LATENCY_MS / 1000}; echo_exec /f$uri; }
 location /f/ { internal; alias ${directory}/www/; } }
server { listen 127.0.0.1:${slow} backlog=4096;
 location / { echo_sleep ${LATENCY_MS / 1000}; echo_exec /f$uri; }
 location /f/ { internal; alias ${directory}/www/; } }
}`;
}

/**
 * Starts it over the objects of a directory.
 *
 * @param {string} directory
 * @param {readonly string[]} prefix a command that runs others, such as in a network namespace
 */
export async function startServer(directory, prefix = []) {
  const ports = { fast: await freePort(), slow: await freePort(), limited: await freePort() };
  const name = `nginx-${ports.fast}.conf`;
  writeFileSync(join(directory, name), configuration(directory, ports));
  const [command = '', ...args] = [...prefix, '/usr/sbin/nginx', '-c', join(directory, name)];
  const child = spawn(command, args, { stdio: 'ignore' });
  const stop = () => child.kill();
  process.once('exit', stop);
  for (let tries = 0; tries < 100; tries++) {
    const isUp =
      prefix.length > 0
        ? tries > 10
        : await new Promise((resolve) => {
            const socket = connect(ports.fast, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
            socket.once('connect', () => socket.destroy());
          });
    if (isUp) return { ...urls(ports), stop };
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nginx did not start: ${readFileSync(join(directory, 'error.log'), 'utf8').slice(-500)}`);
}

/** @param {Ports} ports */
function urls({ fast, slow, limited }) {
  const url = (/** @type {number} */ port) => `http://127.0.0.1:${port}/`;
  return { fast: url(fast), slow: url(slow), limited: url(limited) };
}

/** @param {string} directory */
export function removeObjects(directory) {
  rmSync(directory, { recursive: true, force: true });
}
