import { execFileSync } from 'node:child_process';

/** Drops a file from the page cache. It must have been synced. @param {string} file */
export function evict(file) {
  execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
}
