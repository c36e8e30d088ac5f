# SPDX-License-Identifier: BSD-3-Clause
#
# Fails unless the packages of CMAKE_PREFIX_PATH, as a variable or in the
# environment, win over those that scripts/bootstrap has built:
#   cmake -DWORK=... -P check_prefix_path.cmake

# Installs an empty package that nothing else provides.
function(install prefix)
  file(WRITE "${WORK}/${prefix}/lib/cmake/Whatever/WhateverConfig.cmake" "")
endfunction()

# Looks for it the way that CMakeLists.txt does.
function(expect prefix)
  set(DEPS "${WORK}/deps")
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/prefix_path.cmake")
  unset(Whatever_DIR CACHE)
  find_package(Whatever CONFIG REQUIRED)
  if(NOT Whatever_DIR STREQUAL "${WORK}/${prefix}/lib/cmake/Whatever")
    message(FATAL_ERROR "expected the package of ${prefix}, got that of "
      "${Whatever_DIR}")
  endif()
endfunction()

cmake_policy(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
set(ENV{CMAKE_PREFIX_PATH})
install(deps/prefix)
expect(deps/prefix)

install(deps/tsan)
expect(deps/prefix)
set(RDMA_SANITIZER "thread")
expect(deps/tsan)

install(environment)
set(ENV{CMAKE_PREFIX_PATH} "${WORK}/nowhere:${WORK}/environment")
expect(environment)

install(variable)
list(APPEND CMAKE_PREFIX_PATH "${WORK}/variable")
expect(variable)
file(REMOVE_RECURSE "${WORK}")
