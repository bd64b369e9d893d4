import { constants } from 'node:os';

/** The errors that the ring and the engine tell apart; every other one is only reported. Positive, as in errno(3). */
export const {
  EPERM,
  ENOENT,
  EINTR,
  EIO,
  EAGAIN,
  ENOMEM,
  EBUSY,
  ENOTDIR,
  EINVAL,
  EMFILE,
  ENOSYS,
  ECANCELED,
  EISDIR,
  ESPIPE,
} = constants.errno;
