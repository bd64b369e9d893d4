# Sourced by quickstart.sh and test.sh: what both need from the machine. Sets the working directory to the repository.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

has_command() { command -v "$1" >/dev/null; }

# need_node MAJOR MINOR
need_node() {
  local remedy="install Node $1.$2 or newer: https://nodejs.org"
  has_command node || fail "Node is missing; $remedy"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number), [major, minor] = process.argv.slice(1).map(Number);
    process.exit(a > major || (a === major && b >= minor) ? 0 : 1)' "$1" "$2" ||
    fail "Node $(node --version) is too old; $remedy"
  has_command npm || fail 'npm is missing; it comes with Node: https://nodejs.org (Debian: apt-get install npm)'
}

has_liburing() {
  [ -z "${LSIO_LIBURING:-}" ] && [ "$(uname)" = Linux ] || return 0
  # grep reads to the end (no -q), or ldconfig would die of a broken pipe and fail the pipeline.
  PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -F liburing.so.2 >/dev/null
}

# install_missing PACKAGE...: through apt where there is one. Without it, or when it fails, says what is missing and
# goes on: what needs it then fails or is skipped with its own reason.
install_missing() {
  local as_root=''
  [ $# -gt 0 ] || return 0
  say "missing: $*"
  if [ "$(id -u)" -ne 0 ]; then
    # Without a terminal nobody can type a password.
    if [ -t 0 ]; then as_root='sudo'; else as_root='sudo -n'; fi
  fi
  if ! has_command apt-get; then
    echo "there is no apt-get to install them (the names are Debian's); going on without" >&2
  elif [ -n "$as_root" ] && ! has_command sudo; then
    echo "there is no sudo; as root: apt-get install $*; going on without" >&2
  else
    { $as_root apt-get update &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } ||
      echo "apt-get could not install them; as root: apt-get install $*; going on without" >&2
  fi
}

# Debian's package of what the tests use. A test without it skips and says so; on Debian none should.
TEST_PACKAGES='fio:fio strace:strace git:git cc:gcc mkfs.ext4:e2fsprogs mkfs.btrfs:btrfs-progs losetup:mount setpriv:util-linux
  script:bsdutils xargs:findutils ps:procps'

# And of the Python modules against which results are compared.
TEST_MODULES='numpy:python3-numpy numcodecs:python3-numcodecs PIL:python3-pil'

# install_test_tools: all that scripts/test.sh and scripts/test-long.sh need.
install_test_tools() {
  local missing='' pair
  # The system's own tools are in sbin, which is not on everybody's PATH.
  export PATH="$PATH:/usr/sbin:/sbin"
  has_liburing || missing="$missing liburing2"
  for pair in $TEST_PACKAGES; do
    has_command "${pair%%:*}" || missing="$missing ${pair#*:}"
  done
  for pair in $TEST_MODULES; do
    /usr/bin/python3 -c "import ${pair%%:*}" 2>/dev/null || missing="$missing ${pair#*:}"
  done
  echo '#include <linux/seccomp.h>' | cc -E -x c - >/dev/null 2>&1 || missing="$missing libc6-dev"
  [ -e /usr/lib/nginx/modules/ngx_http_echo_module.so ] || missing="$missing nginx-light libnginx-mod-http-echo"
  { has_command pkg-config && pkg-config --exists fuse3; } || missing="$missing fuse3 libfuse3-dev pkg-config"
  install_missing $missing
}
