# SPDX-License-Identifier: BSD-3-Clause
#
# Follows the includes of the public headers. Fails if one reaches UCX, CUDA, or
# a header of ours that is not in public_headers.cmake, and if runtime.hpp pulls
# in more of ours than LIMIT.
#   cmake -DLIMIT=... -P check_front_door.cmake

cmake_minimum_required(VERSION 3.25)

include("${CMAKE_CURRENT_LIST_DIR}/public_headers.cmake")
get_filename_component(ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# Sets `var` to all headers of ours that `header` pulls in, itself among them.
function(reach header var)
  set(todo "${header}")
  set(seen "")
  while(todo)
    list(POP_FRONT todo next)
    if("${next}" IN_LIST seen)
      continue()
    endif()
    list(APPEND seen "${next}")
    file(STRINGS "${ROOT}/${next}" foreign REGEX "^#include [<\"](uc[pst]/|cuda)")
    if(foreign)
      message(SEND_ERROR "${header} reaches ${foreign} by ${next}")
    endif()
    file(STRINGS "${ROOT}/${next}" includes REGEX "^#include \"")
    list(TRANSFORM includes REPLACE ".*\"(caf_rdma/)?(.*)\".*" "\\2")
    list(APPEND todo ${includes})
  endwhile()
  set(${var} "${seen}" PARENT_SCOPE)
endfunction()

foreach(header IN LISTS RDMA_PUBLIC_HEADERS)
  reach("${header}" reached)
  list(REMOVE_ITEM reached ${RDMA_PUBLIC_HEADERS} ${RDMA_REACHED_HEADERS})
  if(reached)
    message(SEND_ERROR "${header} reaches ${reached}, which is not promised")
  endif()
endforeach()

reach(actors/runtime.hpp reached)
list(LENGTH reached count)
message(STATUS "runtime.hpp pulls in ${count} headers of ours")
if(count GREATER LIMIT)
  message(SEND_ERROR "that is more than ${LIMIT}: ${reached}")
endif()
