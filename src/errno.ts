import { constants } from 'node:os';

/** The errors that the ring and the engine tell apart; every other one is only reported. Positive, as in errno(3). */
export const { EPERM, EINTR, EIO, EAGAIN, ENOMEM, EBUSY, EINVAL, EMFILE, ENOSYS, ECANCELED, EISDIR, ESPIPE } =
  constants.errno;
