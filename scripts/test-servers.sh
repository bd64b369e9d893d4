#!/usr/bin/env bash
# Starts real servers on loopback for the tests of remote stores, and prints the variables that the tests look for.
# Usage: scripts/test-servers.sh start DIR | stop DIR. Needs Debian's swift packages and memcached, Ceph's
# ceph-mon, ceph-osd and radosgw, and npm for Azurite;
# what is missing is left out, with a reason on stderr.
set -euo pipefail

AZURITE=azurite@3.35.0
dir=${2:?usage: test-servers.sh start|stop DIR}
pids="$dir/pids"

case $1 in
stop)
  [ -f "$pids" ] && while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$pids"
  rm -rf "$dir"
  exit 0
  ;;
start) ;;
*) exit 2 ;;
esac

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
: >"$pids"

# A port at which no server listens.
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

start_swift() {
  local port proxy name
  for name in swift-proxy-server swift-ring-builder memcached; do
    command -v "$name" >/dev/null || {
      echo "no S3 server: $name is missing (apt-get install swift-proxy swift-account swift-container swift-object memcached)" >&2
      return 0
    }
  done
  proxy=$(free_port)
  local etc="$dir/swift/etc" cache
  cache=$(free_port)
  mkdir -p "$etc" "$dir/swift/node/sdb1" "$dir/swift/cache"
  printf '[swift-hash]\nswift_hash_path_prefix = p\nswift_hash_path_suffix = s\n' >"$etc/swift.conf"
  cat >"$etc/proxy.conf" <<E
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $proxy
workers = 0
swift_dir = $etc
user = $(id -un)
[pipeline:main]
pipeline = catch_errors cache listing_formats bulk s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$cache
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
E
  for name in account container object; do
    port=$(free_port)
    cat >"$etc/$name.conf" <<E
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
swift_dir = $etc
devices = $dir/swift/node
mount_check = false
user = $(id -un)
recon_cache_path = $dir/swift/cache
[pipeline:main]
pipeline = $name-server
[app:$name-server]
use = egg:swift#$name
E
    (
      cd "$etc"
      swift-ring-builder "$name.builder" create 4 1 1
      swift-ring-builder "$name.builder" add --region 1 --zone 1 --ip 127.0.0.1 --port "$port" --device sdb1 --weight 1
      swift-ring-builder "$name.builder" rebalance || true
    ) >/dev/null 2>&1
  done
  memcached -u nobody -l 127.0.0.1 -p "$cache" >/dev/null 2>&1 &
  echo $! >>"$pids"
  for name in account container object proxy; do
    (cd "$etc" && PYTHONWARNINGS=ignore exec "swift-$name-server" "./$name.conf") >"$dir/$name.log" 2>&1 &
    echo $! >>"$pids"
  done
  wait_for "$proxy" && echo "LSIO_TEST_S3=test:tester:testing@http://127.0.0.1:$proxy"
}

start_azurite() {
  local port
  port=$(free_port)
  (mkdir -p "$dir/azurite" && cd "$dir/azurite" && npm init -y && npm install --no-audit --no-fund "$AZURITE") >"$dir/npm.log" 2>&1 || {
    echo "no Azure server: npm can't install $AZURITE" >&2
    return 0
  }
  "$dir/azurite/node_modules/.bin/azurite-blob" --silent --disableTelemetry --blobPort "$port" --skipApiVersionCheck \
    --inMemoryPersistence >"$dir/azurite.log" 2>&1 &
  echo $! >>"$pids"
  wait_for "$port" && echo "LSIO_TEST_AZURE=http://127.0.0.1:$port/devstoreaccount1"
}

# One monitor, one store in memory and one gateway. Ports: the gateway's, and two of the monitor.
start_rgw() {
  local name port mon old conf="$dir/ceph/ceph.conf" fsid
  for name in ceph-mon ceph-osd radosgw radosgw-admin monmaptool; do
    command -v "$name" >/dev/null || {
      echo "no Ceph gateway: $name is missing (apt-get install ceph-mon ceph-osd ceph-mgr radosgw)" >&2
      return 0
    }
  done
  port=$(free_port)
  mon=$(free_port)
  old=$(free_port)
  mkdir -p "$dir"/ceph/{mon,osd,rgw,run,log}
  fsid=$(cat /proc/sys/kernel/random/uuid)
  # Without keys radosgw needs plain mode to the monitor, and Debian keeps object classes elsewhere.
  cat >"$conf" <<E
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon,v1:127.0.0.1:$old]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = $dir/ceph/run
admin socket = $dir/ceph/run/\$cluster-\$name.asok
log file = $dir/ceph/log/\$name.log
mon cluster log file = $dir/ceph/log/cluster.log
osd class dir = /usr/lib/$(uname -m)-linux-gnu/rados-classes
ms mon client mode = crc
[mon.a]
mon data = $dir/ceph/mon
[osd.0]
osd data = $dir/ceph/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $dir/ceph/rgw
E
  (
    cd "$dir/ceph"
    monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon,v1:127.0.0.1:$old]" monmap
    ceph-mon -c "$conf" --mkfs -i a --monmap monmap
    ceph-mon -c "$conf" -i a -f &
    echo $! >>"$pids"
    sleep 2
    ceph-osd -c "$conf" -i 0 --mkfs
    ceph -c "$conf" osd new "$(cat osd/fsid)" 0
    ceph-osd -c "$conf" -i 0 -f &
    echo $! >>"$pids"
    for _ in $(seq 30); do ceph -c "$conf" -s 2>/dev/null | grep -q '1 up' && break || sleep 0.5; done
    radosgw -c "$conf" -n client.rgw -f &
    echo $! >>"$pids"
  ) >"$dir/ceph.log" 2>&1 || {
    echo 'no Ceph gateway: it did not start' >&2
    return 0
  }
  wait_for "$port" || return 0
  radosgw-admin -c "$conf" user create --uid=t --display-name=t --access-key=rgwaccess --secret-key=rgwsecret >/dev/null 2>&1
  echo "LSIO_TEST_RGW=rgwaccess:rgwsecret@http://127.0.0.1:$port"
}

# Waits until a server listens at a port.
wait_for() {
  for _ in $(seq 150); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.2
  done
  echo "nobody answers at port $1" >&2
  return 1
}

start_swift || true
start_azurite || true
start_rgw || true
