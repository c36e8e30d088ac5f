#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Uses the demo program rdma_copy as a person would, and badly.
#
#   rdma_copy_test.sh PATH_OF_RDMA_COPY
#
# Prints a line per check; exits with 1 if one of them failed.
set -uo pipefail

readonly program=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/rdma-copy-test.XXXXXX")
readonly work
failures=0
servers=()

clean_up() {
  local pid
  for pid in "${servers[@]}"; do
    kill -KILL "$pid" 2> /dev/null
  done
  wait 2> /dev/null
  mountpoint -q "$work/small" && umount "$work/small"
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 1

# -- tools ---------------------------------------------------------------------

# check SENTENCE COMMAND...: the check succeeds if the command does.
check() {
  local sentence=$1 log
  shift
  if "$@"; then
    echo "ok - $sentence"
  else
    echo "not ok - $sentence ($*)"
    for log in err progress; do
      [ ! -s $log ] || sed "s/^/#   $log: /" $log
    done
    failures=$((failures + 1))
  fi
}

copy() {
  local code=0
  timeout 30 "$program" "$@" > out 2> err || code=$?
  [ $code -ne 124 ] || echo "did not end within 30 seconds" >> err
  return $code
}

# fails PATTERN ARGUMENT...: a copy that fails by itself, with one line.
fails() {
  local pattern=$1 code
  shift
  copy "$@"
  code=$?
  [ $code -ne 0 ] && [ $code -lt 124 ] && [ ! -s out ] \
    && [ "$(grep -vc '^[pg][ue]t *[0-9]' err)" = 1 ] \
    && grep -q -- "$pattern" err
}

# start DIRECTORY ARGUMENT...: starts a server; sets `pid` and `address`.
start() {
  local directory=$1 log
  shift
  log=server.${#servers[@]}
  mkdir -p "$directory"
  : > "$log"
  "$program" serve --directory "$directory" "$@" > "$log" 2> "$log.err" &
  pid=$!
  servers+=("$pid")
  wait_until 10 grep -q '^listening on' "$log" || { echo "no server"; exit 1; }
  address=127.0.0.1:$(awk '/^listening/ { print $3; exit }' "$log")
}

# wait_until SECONDS COMMAND...
wait_until() {
  local tries=$(($1 * 50))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.02
  done
}

# stop PID: true if the server ends with 0 on SIGTERM.
stop() {
  kill -TERM "$1" && timeout 10 tail --pid="$1" -f /dev/null && wait "$1"
}

# murder PID: kills without a word from the shell.
murder() { { kill -KILL "$1" && wait "$1"; } 2> /dev/null; }

random_file() { head -c "$2" /dev/urandom > "$1"; }
same() { cmp -s "$1" "$2"; }
has_no_parts() { [ -z "$(find "$@" -name '.*.part-*' -print -quit)" ]; }
has_part() { ! has_no_parts "$@"; }
sha() { sha256sum "$1" | cut -d ' ' -f 1; }

round_trip() {
  copy put "$1" "$address" && same "$1" "store/$(basename "$1")" \
    && copy get "$(basename "$1")" "$address" --output back && same "$1" back
}

# -- copies --------------------------------------------------------------------

start store --buffer-size 64KiB

for size in 0 1 65535 65536 65537 262144 1000000; do
  random_file "sized.$size" $size
  check "a file of $size bytes comes back as it was" round_trip "sized.$size"
done

check "SIGTERM ends a server with 0" stop "$pid"

start store
main=$pid
random_file large 48000000
copy put large "$address" --name renamed
line="put renamed: 48000000 bytes, [0-9.]+ s, [0-9.]+ GB/s, lane [a-z_]+"
check "a put prints one line with size and SHA-256" \
  grep -qxE "$line, sha256 $(sha large)" out
check "the file is on the server under its new name" same large store/renamed
check "progress is shown line by line when piped" grep -q '^put 100 %' err
script -qec "'$program' put large $address --name renamed" typescript \
  > /dev/null < /dev/null
check "on a terminal a bar shows rate and time left" grep -qE \
  $'\r'"put \\[#+ *\\] +[0-9]+ %  [0-9.]+ GB/s, [0-9]+ s left" typescript
copy get renamed "$address"
check "without --output a get writes to the name on the server" \
  same large renamed
copy get renamed "$address" --output quiet --quiet
check "--quiet prints nothing" test ! -s out -a ! -s err
copy put sized.1 "$address" --name renamed
check "a put replaces what was there" same sized.1 store/renamed
check "names may have spaces and quotes" \
  copy put large "$address" --name "it's a \"file\""
check "options of the library are passed on" \
  copy put sized.1 "$address" --rdma.tls=tcp
check "a bad option of the library is refused" \
  fails chunk-size put sized.1 "$address" --rdma.chunk-size=1

many() {
  local i jobs=() good=0
  for i in 1 2 3 4 5 6 7 8; do
    timeout 30 "$program" put large "$address" --name "many.$i" -q \
      > /dev/null 2>> many.err &
    jobs+=($!)
  done
  for i in "${jobs[@]}"; do wait "$i" && good=$((good + 1)); done
  [ $good = 8 ] || return 1
  for i in 1 2 3 4 5 6 7 8; do same large "store/many.$i" || return 1; done
}
check "eight clients at once succeed" many

rivals() {
  local one two
  random_file rival 30000000
  timeout 30 "$program" put large "$address" --name same -q & one=$!
  timeout 30 "$program" put rival "$address" --name same -q & two=$!
  wait $one && wait $two \
    && { same large store/same || same rival store/same; }
}
check "two puts of one name both succeed and do not mix" rivals
check "no part is left behind" has_no_parts store .

# -- mistakes ------------------------------------------------------------------

check "no server: connection refused" \
  fails 'cannot connect' put sized.1 127.0.0.1:1
check "no such local file" fails 'No such file' put missing "$address"
check "a directory cannot be put" fails 'Is a directory' put store "$address"
mkfifo pipe
check "a pipe cannot be put" fails 'not a regular file' put pipe "$address"
check "no such file on the server" fails 'No such file' get missing "$address"
mkdir store/folder
check "a directory cannot be fetched" \
  fails 'Is a directory' get folder "$address" --output back
check "a directory cannot be overwritten" \
  fails 'Is a directory' put sized.1 "$address" --name folder
check "a get into a directory that does not exist fails" \
  fails 'No such file' get large "$address" --output nowhere/back
ln -s /etc/passwd store/link
check "a symbolic link of the server is not followed" \
  fails 'symbolic link' get link "$address" --output back
long=$(printf 'x%.0s' {1..256})
for name in '' . .. ../escape /tmp/escape a/b "$long" \
  $'two\nlines'; do
  shown=$(tr '\n' ' ' <<< "${name:0:20}")
  check "a put with the name '${shown% }' is refused" \
    fails 'the name' put sized.1 "$address" --name "$name"
  check "a get of the name '${shown% }' is refused" \
    fails 'the name' get "$name" "$address" --output escaped
done
check "a refused get leaves no file" test ! -e escaped
check "a name of 255 bytes is fine" \
  copy put sized.1 "$address" --name "$(printf 'y%.0s' {1..255})"
check "a wrong port number is refused" fails HOST:PORT put large 127.0.0.1:99999
check "no command is an error" fails 'subcommand is required'
check "no part is left behind by mistakes" has_no_parts store .

# -- full disks ----------------------------------------------------------------

# Not smaller: UCX needs some shared memory.
(ulimit -f 16384 \
  && exec "$program" serve --directory store > limited 2> /dev/null) &
servers+=($!)
wait_until 10 grep -q '^listening on' limited
limited=127.0.0.1:$(awk '{ print $3 }' limited)
check "a put beyond the server's file size limit fails with its reason" \
  fails 'File too large' put large "$limited" --name limited
check "the server goes on after that" \
  copy put sized.1 "$limited" --name limited
if mkdir small && mount -t tmpfs -o size=4m tmpfs small 2> /dev/null; then
  start small
  check "a put to a full disk fails with its reason" \
    fails 'server: large: No space left' put large "$address"
  check "the full disk is emptied again" wait_until 5 has_no_parts small
  check "what fits still succeeds" copy put sized.1000000 "$address"
  stop "$pid"
  start store
  check "a get to a full disk fails with its reason" \
    fails 'No space left' get many.1 "$address" --output small/back
  check "a failed get leaves nothing" test -z "$(find small -name '*back*')"
  stop "$pid"
else
  echo "skipped - full disks: mounting a tmpfs is not permitted here"
fi

# -- sudden ends ---------------------------------------------------------------

# A large file that is quick to make.
truncate -s 2G huge
truncate -s 2G store/huge

# in_transfer put|get [SECONDS]: a transfer in the background, seen under way; it
# may take that long.
in_transfer() {
  local limit=${2:-30}
  rm -f back
  : > progress
  if [ "$1" = put ]; then
    timeout "$limit" "$program" put huge "$address" > out 2> progress &
  else
    timeout "$limit" "$program" get huge "$address" --output back > out \
      2> progress &
  fi
  client=$!
  wait_until 20 grep -q '10 %' progress
}

# ends_in SECONDS: the client fails by itself within that time.
ends_in() {
  local start=$SECONDS code
  wait "$client"
  code=$?
  echo "ended with $code after about $((SECONDS - start)) s" >> progress
  [ $code -ne 0 ] && [ $code -lt 124 ] && [ ! -s out ] \
    && [ $((SECONDS - start)) -le "$1" ] && grep -q '^rdma_copy: ' progress
}

# most_memory PID: the largest resident size of a process so far, in KiB.
most_memory() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }

# 512 MiB, a quarter of the file, has room for UCX and for sanitizers.
needs_little_memory() {
  in_transfer "$1" 240 && wait_until 240 grep -q '60 %' progress || return 1
  local client_memory server_memory
  client_memory=$(most_memory "$(pgrep -P "$client")")
  server_memory=$(most_memory "$pid")
  echo "# $1 of 2 GiB: client $client_memory KiB, server $server_memory KiB"
  wait "$client" && [ "$client_memory" -lt 524288 ] \
    && [ "$server_memory" -lt 524288 ]
}
start store
check "a put needs far less memory than the file has" needs_little_memory put
check "a get needs far less memory than the file has" needs_little_memory get
stop "$pid"

kill_server() {
  start store
  in_transfer "$1" || return 1
  murder "$pid"
  ends_in 5
}
check "a put fails when the server is killed" kill_server put
check "a get fails when the server is killed" kill_server get
check "a half-fetched file is not there" test ! -e back
check "nor is its part" has_no_parts "$work" -maxdepth 1
rm -f store/.*.part-* # of the killed server

stop_server() {
  start store
  in_transfer "$1" || return 1
  kill -STOP "$pid"
  ends_in 12
  local result=$?
  murder "$pid"
  return $result
}
check "a put fails when the server hangs" stop_server put
rm -f store/.*.part-*
check "a get fails when the server hangs" stop_server get

terminate_server() {
  start store
  in_transfer put || return 1
  stop "$pid" && ends_in 5
}
check "a server that is asked to end does so in mid-transfer" terminate_server
check "it leaves no part" has_no_parts store

start store --timeout 6
kill_client() {
  in_transfer put || return 1
  has_part store || return 1
  kill -KILL "$(pgrep -P "$client")"
  wait "$client" 2> /dev/null
  wait_until 5 has_no_parts store
}
check "the part of a client that is killed goes away" kill_client
stop_client() {
  in_transfer put || return 1
  local pid
  pid=$(pgrep -P "$client")
  kill -STOP "$pid"
  has_part store && wait_until 10 has_no_parts store
  local result=$?
  murder "$pid"
  wait "$client" 2> /dev/null
  return $result
}
check "the part of a client that hangs goes away" stop_client
check "the server goes on" copy put sized.1 "$address"

interrupt_client() {
  in_transfer get || return 1
  kill -INT "$(pgrep -P "$client")"
  ends_in 5 && grep -q interrupted progress && [ ! -e back ] \
    && has_no_parts "$work" -maxdepth 1
}
check "an interrupted get cleans up" interrupt_client
check "SIGTERM ends the first server with 0" stop "$main"

[ $failures = 0 ] || { echo "$failures checks failed"; exit 1; }
