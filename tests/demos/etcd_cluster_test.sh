#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A cluster whose nodes know of each other by a real etcd server only.
set -euo pipefail

if ! command -v etcd > /dev/null; then
  echo "skipped: there is no etcd"
  exit 0
fi
work=$(mktemp -d)
server=
clean_up() {
  [ -z "$server" ] || kill -KILL "$server"
  rm -rf "$work"
}
trap clean_up EXIT

for _ in 1 2 3; do # somebody may take the port
  url=http://127.0.0.1:$((20000 + RANDOM % 10000))
  etcd --data-dir "$work/data" --listen-client-urls "$url" \
    --advertise-client-urls "$url" --listen-peer-urls http://127.0.0.1:0 \
    --log-level error &
  server=$!
  for _ in $(seq 50); do
    (: > "/dev/tcp/127.0.0.1/${url##*:}") 2> /dev/null && break 2
    kill -0 "$server" 2> /dev/null || break
    sleep 0.1
  done
done
"$(dirname "${BASH_SOURCE[0]}")/../../scripts/cluster" --etcd "$url" "$@"
