#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds the README's first example as a user would who builds on the library,
# and runs it.
#
#   try_consumer.sh SOURCE BUILD WORK WAY [KIND]
#
# WAY is one of
#   subdirectory          add_subdirectory
#   fetch_content         FetchContent from a local directory, with a CAF of the
#                         project's own, as a shared library
#   find_package static|shared   find_package against an installed library, and
#                         a plugin that is linked with it
#   pkg_config static|shared     plain g++ and pkg-config against the same
# SOURCE is this project's top and BUILD a build of it; WORK keeps what is built.
set -euo pipefail
source=$1 library=$2 work=$3 way=$4 kind=${5:-}
example=$source/demos/hello_transfer.cpp
prefix=$work/$kind/prefix

say() { printf '[consume] %s\n' "$*"; }

# The program of a user finds CAF as we do: in his prefixes, or where bootstrap
# has put it.
caf_prefix=${CMAKE_PREFIX_PATH:-$source/.deps/prefix}
export CMAKE_PREFIX_PATH=$caf_prefix
export LD_LIBRARY_PATH=$caf_prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# build DIRECTORY SOURCE [ARGUMENT...]
build() {
  local dir=$1 from=$2
  shift 2
  cmake -S "$from" -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1" "$@" > "$dir.log" 2>&1 \
    || { cat "$dir.log"; exit 1; }
  cmake --build "$dir" > "$dir.log" 2>&1 \
    || { tail -n 50 "$dir.log"; exit 1; }
}

# build_with WAY: a project that has the library's source. What FetchContent brings
# is shared, and can be installed.
build_with() {
  local extra=()
  [ "$1" = subdirectory ] || extra=(-DBUILD_SHARED_LIBS=ON -DRDMA_INSTALL=ON)
  build "$work/$1" "$source/tests/consume/$1" "-DCAF_RDMA=$source" \
    "-DEXAMPLE=$example" "${extra[@]}"
}

# run PROGRAM: it must print what the README says.
run() {
  cmake "-DREADME=$source/README.md" "-DPROGRAM=$1" \
    -P "$source/cmake/check_output.cmake"
  say "$1 prints what the README says"
}

# Installs the library once for each kind, into an empty prefix.
install_library() {
  rm -rf "$prefix"
  if [ "$kind" = shared ]; then
    library=$work/fetch_content
    build_with fetch_content
  fi
  cmake --install "$library" --prefix "$prefix" > "$work/$kind/files"
  # Only what the front door promises is installed.
  if find "$prefix" -name '*.hpp' | grep -E '/(ucx|links|lanes|transfers)/'; then
    say "headers are installed that are not promised"
    exit 1
  fi
}

mkdir -p "$work/$kind"
case $way in
  subdirectory | fetch_content)
    build_with "$way"
    run "$work/$way/consumer"
    ;;
  find_package)
    install_library
    dir=$work/$kind/find_package
    build "$dir" "$source/tests/consume/find_package" "-DEXAMPLE=$example" \
      "-DCMAKE_PREFIX_PATH=$prefix;$caf_prefix"
    run "$dir/consumer"
    "$dir/host" "$dir/libplugin.so"
    ;;
  pkg_config)
    install_library
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name caf_rdma.pc)")
    LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH"):$LD_LIBRARY_PATH
    export PKG_CONFIG_PATH LD_LIBRARY_PATH
    how=
    [ "$kind" = shared ] || how=--static
    # shellcheck disable=SC2046 # words are what pkg-config gives
    g++ -std=c++20 "$example" -o "$work/$kind/plain" \
      $(pkg-config --cflags $how caf_rdma) $(pkg-config --libs $how caf_rdma)
    run "$work/$kind/plain"
    ;;
  *)
    say "no such way: $way"
    exit 2
    ;;
esac
