import { close, open } from 'node:fs';
import type { Path } from '../../engine/engine.js';
import { PLAIN_OPEN_FLAGS } from '../../uring/plain-read.js';

/**
 * What `look` finds of an open file. Libuv's threads open and close it, since either can take for ever; the close isn't
 * waited for. Undefined where it can't be opened. Never rejects.
 */
export function lookAt<T>(path: Path, look: (fd: number) => T): Promise<T | undefined> {
  return new Promise<T | undefined>((fulfil, reject) => {
    open(typeof path === 'string' ? path : Buffer.from(path), PLAIN_OPEN_FLAGS, (error, fd) => {
      if (error !== null) return fulfil(undefined);
      try {
        fulfil(look(fd));
      } catch (thrown) {
        reject(thrown);
      } finally {
        close(fd, () => {});
      }
    });
  }).catch(() => undefined);
}
