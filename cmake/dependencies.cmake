# SPDX-License-Identifier: BSD-3-Clause
#
# What the library is built on. Where something is missing it says which package
# of Debian brings it.

# rdma_find(DEBIAN-PACKAGE NAME [ARGUMENT...]): find_package, or the name of the
# package.
macro(rdma_find package name)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    set(rdma_hint "${${name}_NOT_FOUND_MESSAGE}")
    message(FATAL_ERROR "caf-rdma needs ${name} (find_package(${name} ${ARGN})): "
      "on Debian 'apt install ${package}'. ${rdma_hint}")
  endif()
endmacro()

# rdma_find_module(DEBIAN-PACKAGE PREFIX MODULE...): the same by pkg-config.
macro(rdma_find_module package prefix)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${ARGN})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR "caf-rdma needs ${prefix} (pkg-config ${ARGN}): "
      "on Debian 'apt install ${package}'")
  endif()
endmacro()

if(NOT TARGET CAF::core) # of the project that we are a part of
  find_package(CAF 0.18.7 QUIET COMPONENTS core)
endif()
if(NOT TARGET CAF::core)
  message(FATAL_ERROR "caf-rdma needs the C++ Actor Framework, 0.18.7 or a later "
    "0.18: 'scripts/bootstrap' builds Debian's (libcaf-dev of experimental) into "
    ".deps; or name yours in CMAKE_PREFIX_PATH")
endif()
rdma_find("libcapnp-dev capnproto" CapnProto)
rdma_find(libdlpack-dev dlpack)
rdma_find(libssl-dev OpenSSL COMPONENTS Crypto)
rdma_find(pkg-config PkgConfig)
rdma_find(libc6-dev Threads)
# UCX's own CMake package names paths that are not there in Debian 13.
rdma_find_module(libucx-dev ucx ucx)
rdma_find_module(libisal-dev isal libisal)
