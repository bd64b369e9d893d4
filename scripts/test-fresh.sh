#!/usr/bin/env bash
# Runs the two commands of README in minimal Debian 12 and 13 systems, as a stranger would: in a clone below /root, which
# nobody else may enter. Needs root and debootstrap (Debian: apt-get install debootstrap).
# Arguments are the suites to try; default: bookworm trixie. LSIO_FRESH_ROOT says where the systems go.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

[ "$(id -u)" -eq 0 ] || fail 'only root can make a Debian system: sudo scripts/test-fresh.sh'
# A mount namespace of its own: no mount of a new system outlives it, however it ends.
[ -n "${LSIO_FRESH_INSIDE:-}" ] ||
  exec unshare --mount --propagation private env LSIO_FRESH_INSIDE=1 scripts/test-fresh.sh "$@"
need_node 20 19
missing=''
has_command debootstrap || missing='debootstrap'
has_command git || missing="$missing git"
install_missing $missing
has_command debootstrap || fail 'debootstrap is missing: apt-get install debootstrap'

place=${LSIO_FRESH_ROOT:-$(mktemp -d)}
mirror=${LSIO_FRESH_MIRROR:-http://deb.debian.org/debian}
system=''
# Of root, whom alone it lets in.
home=/root

# remove DIRECTORY: never what is mounted below it.
remove() {
  local mounted
  for mounted in proc sys dev; do
    ! mountpoint -q "$1/$mounted" || umount --recursive --lazy "$1/$mounted" || return
  done
  rm -rf --one-file-system "$1"
}
trap '[ -z "$system" ] || remove "$system"; [ -n "${LSIO_FRESH_ROOT:-}" ] || rm -rf --one-file-system "$place"' EXIT

# copy_node SYSTEM: Node and npm as an archive of nodejs.org lays them out, and the certificates that npm is told to use.
copy_node() {
  local npm
  npm=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
  install -D "$(realpath "$(command -v node)")" "$1/usr/local/bin/node"
  mkdir -p "$1/usr/local/lib/node_modules"
  cp -r "$npm" "$1/usr/local/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/local/bin/npx"
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then install -D "$NODE_EXTRA_CA_CERTS" "$1$NODE_EXTRA_CA_CERTS"; fi
  cp /etc/resolv.conf "$1/etc/resolv.conf"
}

# inside COMMAND...: runs it in the clone, with nothing of this environment but what the network needs.
inside() {
  chroot "$system" env -i "HOME=$home" PATH=/usr/local/bin:/usr/bin:/bin TERM="${TERM:-dumb}" \
    ${NODE_EXTRA_CA_CERTS:+"NODE_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS"} \
    ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
    bash -c 'cd ~/lsio && "$@"' bash "$@" </dev/null
}

failed=0
for suite in "${@:-bookworm}" $([ $# -gt 0 ] || echo trixie); do
  system=$place/$suite
  say "$suite: debootstrap"
  remove "$system"
  debootstrap --variant=minbase "$suite" "$system" "$mirror" >"$place/debootstrap.log" 2>&1 ||
    { tail -5 "$place/debootstrap.log"; fail "debootstrap $suite failed"; }
  for each in proc sys dev; do mount --rbind "/$each" "$system/$each"; done
  copy_node "$system"
  chmod 700 "$system$home"
  git clone --quiet --no-hardlinks . "$system$home/lsio"
  for command in scripts/quickstart.sh scripts/test.sh; do
    say "$suite: $command"
    if inside "$command"; then
      echo "passed: $suite $command"
    else
      echo "failed: $suite $command (exit code $?)" >&2
      failed=$((failed + 1))
    fi
  done
  remove "$system"
  system=''
done
[ "$failed" -eq 0 ]
