#!/usr/bin/env bash
# From a fresh clone to figures: installs what is missing, builds, writes the benchmark's files, measures.
# LSIO_FIO_DIR says where the files go (1.3 GB; default /tmp/fio).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

directory=${LSIO_FIO_DIR:-/tmp/fio}

need_node 20 0
missing=''
has_liburing || missing="$missing liburing2"
has_command fio || missing="$missing fio"
install_missing $missing
# npm leaves a copy of the lock file behind when it has finished.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'npm ci'
  npm ci || fail 'npm ci failed; its message above says why (it needs the npm registry)'
fi
say 'npm run build'
npm run build || fail 'the build failed; its message above says why'

# lsio REMEDY ARGUMENTS...: shows the command, runs it, and names the remedy when it fails.
lsio() {
  local remedy=$1 status=0
  shift
  printf '\n+ lsio %s\n' "$*"
  bin/lsio.js "$@" || status=$?
  [ "$status" -eq 0 ] || fail "lsio $1 failed with exit code $status; $remedy"
}

cases='--case whole-files --case big-random --runs 6 --min-time 300ms --reads 16384'
lsio "it needs 1.3 GB of free space in $directory; LSIO_FIO_DIR puts the files elsewhere" files create --dir "$directory"
lsio 'bin/lsio.js doctor says what this machine allows' bench --files "$directory" --engines uring,callback,sync $cases
lsio 'it needs fio (Debian: apt-get install fio); bin/lsio.js doctor says what this machine allows' \
  compare-fio --files "$directory" $cases
printf '\nDone. The files stay in %s; this removes them: bin/lsio.js files rm --dir %s\n' "$directory" "$directory"
