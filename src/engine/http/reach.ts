import { lookup } from 'node:dns/promises';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure, TLSSocket } from 'node:tls';
import type { Trust } from './trust.js';

const CONNECT_MS_MAX = 5000;

/** How a host is reached. */
export interface Reached {
  /** How many addresses its name has. */
  readonly addresses: number;
  /** Until there was a connection, with TLS where there is TLS. */
  readonly connectMs: number;
  /** Such as `TLSv1.3`; null without. */
  readonly tls: string | null;
}

/**
 * Connects to an origin and hangs up.
 *
 * @returns undefined when there is no connection: the first request tells why
 */
export async function reach(origin: URL, trust: Trust): Promise<Reached | undefined> {
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  const isSecure = origin.protocol === 'https:';
  const port = Number(origin.port || (isSecure ? 443 : 80));
  try {
    const addresses = (await lookup(host, { all: true })).length;
    const beganMs = performance.now();
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = await (isSecure
      ? connected(connectSecure({ host, port, ...named, secureContext: trust() }), 'secureConnect')
      : connected(connectPlain({ host, port }), 'connect'));
    const connectMs = performance.now() - beganMs;
    const tls = socket instanceof TLSSocket ? socket.getProtocol() : null;
    socket.destroy();
    return { addresses, connectMs, tls };
  } catch {
    return undefined;
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => fail(new Error('no connection in time')));
    socket.once('error', fail);
    socket.once(event, () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}
