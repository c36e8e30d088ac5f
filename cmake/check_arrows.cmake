# SPDX-License-Identifier: BSD-3-Clause
#
# Fails if an include points up, or to another room of the same floor. Which room
# stands where is said in docs/architecture.md, from the top floor down.
#   cmake [-DROOT=...] [-DPICTURE=...] -P check_arrows.cmake

cmake_minimum_required(VERSION 3.25)

if(NOT ROOT)
  get_filename_component(ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
endif()
if(NOT PICTURE)
  set(PICTURE "${ROOT}/docs/architecture.md")
endif()

file(READ "${PICTURE}" text)
if(NOT text MATCHES "```rooms\n([^`]*)\n```")
  message(FATAL_ERROR "there is no picture of the rooms in ${PICTURE}")
endif()
string(REPLACE "\n" ";" floors "${CMAKE_MATCH_1}")
set(floor 0)
foreach(rooms IN LISTS floors)
  math(EXPR floor "${floor} + 1") # counted from the top
  separate_arguments(rooms UNIX_COMMAND "${rooms}")
  foreach(room IN LISTS rooms)
    set("floor_${room}" ${floor})
    string(REGEX REPLACE "/.*" "" top "${room}")
    list(APPEND tops "${top}/*.hpp" "${top}/*.cpp")
  endforeach()
endforeach()

list(REMOVE_DUPLICATES tops)
list(TRANSFORM tops PREPEND "${ROOT}/")
file(GLOB_RECURSE files RELATIVE "${ROOT}" ${tops})
foreach(file IN LISTS files)
  get_filename_component(from "${file}" DIRECTORY)
  if(NOT DEFINED "floor_${from}")
    message(SEND_ERROR "${file} is in a room that is not in the picture")
    continue()
  endif()
  file(STRINGS "${ROOT}/${file}" includes REGEX "^#include \"caf_rdma/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE ".*\"caf_rdma/(.*)/[^/]*\".*" "\\1" to "${include}")
    if("${to}" STREQUAL "${from}")
      continue()
    endif()
    list(APPEND arrows "${from} -> ${to}")
    if(NOT DEFINED "floor_${to}" OR "${floor_${to}}" LESS_EQUAL
       "${floor_${from}}")
      message(SEND_ERROR "${file}: ${from} must not use ${to}: ${include}")
    endif()
  endforeach()
endforeach()

list(REMOVE_DUPLICATES arrows)
list(LENGTH arrows count)
message(STATUS "${count} arrows between rooms")
