import { isLsioError } from '../errors.js';
import { conformance } from './conformance.js';
import { openEngine } from './open.js';

function openUring(queueDepth?: number) {
  return openEngine({ engine: 'uring', ...(queueDepth !== undefined && { queueDepth }) });
}

function openNode(queueDepth?: number) {
  return openEngine({ engine: 'node', ...(queueDepth !== undefined && { queueDepth }) });
}

/** Why io_uring can't be had here, if it can't. */
async function whyNoUring(): Promise<string | undefined> {
  try {
    await (await openUring()).close();
    return undefined;
  } catch (error) {
    if (isLsioError(error, 'unavailable')) return error.message;
    throw error;
  }
}

conformance('uring', openUring, await whyNoUring());
conformance('node', openNode);
