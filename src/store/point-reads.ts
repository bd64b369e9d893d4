import { type Engine, type ReadSource, type Run, TO_END } from '../engine/engine.js';
import { type ReadSlots, TOO_LARGE } from '../engine/slots.js';
import { LsioError } from '../errors.js';
import { ECANCELED, EISDIR, ENOENT, ENOTDIR } from '../uring/errno.js';
