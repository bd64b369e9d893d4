/** The file descriptors that every process has, see stdin(3). */
export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
