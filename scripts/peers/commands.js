/*
 * Whole processes that read or copy all files of a directory: lsio's and its rivals'. A rival gets its best setting: of
 * several the fastest one counts.
 */

/** @typedef {import('./table.js').CommandSide} CommandSide */

const FIND = 'find DIR -type f -print0';
/** Files for each process of xargs, by how many run at a time. */
const XARGS = /** @type {const} */ ({ 2: 5000, 4: 2500, 8: 500, 16: 250 });
const XARGS_COUNTS = /** @type {const} */ ([2, 4, 8, 16]);

/** What reads the small files as a whole process. @param {string} command @returns {CommandSide} */
function lsioGet(command) {
  // The bytes of the document's end: its items are left out.
  return { command, count: `${command} --json --no-items | grep -oE '"bytes":[0-9]+' | grep -oE '[0-9]+'` };
}

/** What writes the files to stdout. @param {string} command @param {string} [needs] @returns {CommandSide} */
function toStdout(command, needs) {
  return { command: `${command} >/dev/null`, count: `${command} | wc -c`, needs };
}

/** What copies the files: the copies are compared with the files. @param {string} command @param {string} [needs] @returns {CommandSide} */
function copy(command, needs) {
  const sum = (/** @type {string} */ dir) =>
    `$(find ${dir} -type f -print0 | sort -z | xargs -0 cat | cksum | tee /dev/stderr)`;
  const count = `${command} && [ "${sum('DIR')}" = "${sum('DST')}" ] && find DST -type f -print0 | xargs -0 cat | wc -c`;
  return { command, count, needs };
}

/** A program that reads every file whole; with --check it compares each with what its own system's calls read. */
function program(/** @type {string} */ command, /** @type {string} */ needs) {
  return { command: `${command} DIR >/dev/null`, count: `${command} DIR --check`, needs };
}

/** @param {number} processes @param {number} files */
function xargsCat(processes, files) {
  return `${FIND} | xargs -0 -P ${processes} -n ${files} cat`;
}

/** @type {Record<string, CommandSide>} */
export const COMMANDS = {
  'lsio get --discard': lsioGet('LSIO get -q -r DIR --discard --engine uring'),
  'lsio get | cat': {
    command: 'LSIO get -q -r DIR --engine uring | cat >/dev/null',
    count: 'LSIO get -q -r DIR --engine uring | wc -c',
  },
  'lsio get -o': copy('LSIO get -q -r DIR -o DST --engine uring'),
  tar: { command: 'tar cf - DIR 2>/dev/null | cat >/dev/null', count: 'tar cf - DIR 2>/dev/null | tar xOf - | wc -c' },
  'xargs cat | cat': toStdout(`${FIND} | xargs -0 cat | cat`),
  'cp -r': copy('cp -r DIR DST'),
  'tar | tar': copy('tar cf - -C DIR . | tar xf - -C DST'),
  rsync: copy('rsync -a --whole-file --inplace DIR/ DST/', 'rsync --version'),
  rclone: copy('rclone copy -q DIR DST --transfers 8 --checkers 8 --no-check-dest', 'rclone version'),
  'Bun.file': program('bun PEERS/read-all.js', 'bun --version'),
  'Deno.readFile': program('deno run --quiet --allow-read PEERS/read-all.js', 'deno --version'),
  object_store: program(
    'python3 PEERS/read-all.py',
    `python3 -c 'import obstore; print("obstore", obstore.__version__)'`,
  ),
  ...Object.fromEntries(
    XARGS_COUNTS.flatMap((count) => [
      [`xargs -P ${count} cat`, toStdout(xargsCat(count, XARGS[count]))],
      [`xargs -P ${count} cat | cat`, toStdout(`${xargsCat(count, XARGS[count])} | cat`)],
      [`xargs -P ${count} cp`, copy(`${FIND} | xargs -0 -P ${count} -n ${XARGS[count]} cp -t DST`)],
    ]),
  ),
};

const named = (/** @type {string} */ what) => XARGS_COUNTS.map((count) => `xargs -P ${count} ${what}`);

export const XARGS_CAT = named('cat');
export const XARGS_CAT_PIPED = named('cat | cat');
export const PARALLEL_COPIES = [...named('cp'), 'tar | tar', 'rsync', 'rclone'];
/** What a program in another language would use. */
export const PROGRAMS = ['Bun.file', 'Deno.readFile', 'object_store'];
