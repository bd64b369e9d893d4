#!/usr/bin/env bash
# The whole check from a fresh clone: installs what is missing, runs `npm run check` with io_uring allowed, then once more
# the tests that read files, with io_uring blocked. The last line is the sum: N passed, N failed, N skipped.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

# The test tools ask for more than the product, which runs on any Node 20.
need_node 20 19
install_test_tools
say 'npm ci'
npm ci

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

# vitest_by SECONDS NAME COMMAND...: runs a command that ends in vitest and makes it write the report NAME. The limit
# turns a hang into a failure; on a terminal it stays in the foreground, so that Ctrl-C reaches it.
vitest_by() {
  local limit="timeout --kill-after=10 $1" name=$2
  shift 2
  if ! has_command timeout; then limit=''; elif [ -t 0 ]; then limit="${limit/timeout/timeout --foreground}"; fi
  say "$name: $*"
  $limit "$@" --reporter=default --reporter=json "--outputFile.json=$reports/$name.json" ||
    echo "exit code $?: $*" >&2
}

vitest_by 1800 'io_uring allowed' npm run check --

launcher=node_modules/.cache/lsio/block-syscalls
mkdir -p "$(dirname "$launcher")"
if [ "$(uname)" = Linux ] && cc -O1 -o "$launcher" test/helpers/block-syscalls.c; then
  # vitest.config.ts says which tests can depend on io_uring.
  export LSIO_TEST_BLOCKED=1
  # The numbers are io_uring_setup, io_uring_enter and io_uring_register.
  vitest_by 1200 'io_uring blocked' "$launcher" EPERM 425 426 427 -- npx vitest run
  set -- "$reports/io_uring blocked.json"
else
  set -- --skipped 'the tests with io_uring blocked: they need Linux and a C compiler'
fi

say result
node scripts/sum-tests.js "$reports/io_uring allowed.json" "$@"
