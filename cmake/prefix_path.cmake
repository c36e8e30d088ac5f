# SPDX-License-Identifier: BSD-3-Clause
#
# Lets CMake look at what scripts/bootstrap has built, at DEPS, after the user's
# own packages: CMake itself prefers this variable to the environment variable
# of the same name.

string(REPLACE ":" ";" user_prefixes "$ENV{CMAKE_PREFIX_PATH}")
list(APPEND CMAKE_PREFIX_PATH ${user_prefixes})
if(RDMA_SANITIZER STREQUAL "thread")
  list(APPEND CMAKE_PREFIX_PATH "${DEPS}/tsan")
endif()
list(APPEND CMAKE_PREFIX_PATH "${DEPS}/prefix")
