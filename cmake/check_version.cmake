# SPDX-License-Identifier: BSD-3-Clause
#
# The version that programs see is that of the project.

file(READ "${PROJECT_SOURCE_DIR}/messages/version.hpp" text)
math(EXPR number "${PROJECT_VERSION_MAJOR} * 1000000
  + ${PROJECT_VERSION_MINOR} * 1000 + ${PROJECT_VERSION_PATCH}")
foreach(line "VERSION ${number}\n" "VERSION_STRING \"${PROJECT_VERSION}\"\n")
  if(NOT text MATCHES "#define CAF_RDMA_${line}")
    message(FATAL_ERROR "messages/version.hpp does not say that this is "
      "${PROJECT_VERSION}: it needs '#define CAF_RDMA_${line}'")
  endif()
endforeach()
