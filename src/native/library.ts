import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { LsioError } from '../errors.js';

type KoffiModule = typeof Koffi.default;

let koffi: KoffiModule | undefined;

/**
 * koffi, loaded when first needed: it costs about 10 ms, which `lsio --version` need not pay.
 *
 * @throws {LsioError} `unavailable` when its binary for this platform isn't installed.
 */
export function loadKoffi(): KoffiModule {
  if (koffi !== undefined) return koffi;
  try {
    koffi = requireHere()('koffi') as KoffiModule;
  } catch (cause) {
    throw new LsioError('unavailable', `koffi can't be loaded: ${(cause as Error).message.split('\n', 1)[0]}`, {
      remedy: 'npm install koffi (its binary is an optional dependency: not with --omit=optional)',
      cause,
    });
  }
  return koffi;
}

/** In a CommonJS bundle a module may have no URL, and has `require`. */
function requireHere(): (name: string) => unknown {
  try {
    return createRequire(import.meta.url);
  } catch {
    return require;
  }
}

/** A view of foreign memory. Nothing keeps the memory: the caller must not touch the view once it is unmapped. */
export function viewMemory(address: number, lengthBytes: number): ArrayBuffer {
  return loadKoffi().view(BigInt(address), lengthBytes);
}

/** Where the first byte of a view is. It stays there for as long as the view's buffer is referred to. */
export function addressOf(view: NodeJS.ArrayBufferView): number {
  // The collector moves typed arrays of 64 bytes and less until somebody has asked for their buffer.
  void view.buffer;
  return Number(loadKoffi().address(view));
}
