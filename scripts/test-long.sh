#!/usr/bin/env bash
# The long suite, for before a release: the tests with many more cases, and what takes minutes by itself. It takes hours.
# Arguments name the steps to run (default: all): tests, fresh, or the name of a script in scripts/long/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

need_node 20 19
install_test_tools
say 'npm ci'
npm ci
say 'npm run build'
npm run build

passed=0
failed=0
wanted=" $* "

# step NAME COMMAND...: runs a step, unless others are asked for. A failure does not stop those after it.
step() {
  local name=$1
  shift
  [ "$wanted" = '  ' ] || [[ "$wanted" == *" $name "* ]] || return 0
  say "$name: $*"
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "failed: $name (exit code $?)" >&2
    failed=$((failed + 1))
  fi
}

step tests env LSIO_LONG=1 npx vitest run
step fresh scripts/test-fresh.sh
for script in scripts/long/*; do
  [ ! -x "$script" ] || step "$(basename "$script")" "$script"
done

say result
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
