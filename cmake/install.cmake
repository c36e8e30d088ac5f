# SPDX-License-Identifier: BSD-3-Clause
#
# What `cmake --install` copies: the library, the headers of the front door and
# what these reach, and how CMake and pkg-config find them.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
include("${PROJECT_SOURCE_DIR}/cmake/public_headers.cmake")

install(TARGETS caf_rdma EXPORT caf_rdma
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")

foreach(header IN LISTS RDMA_PUBLIC_HEADERS RDMA_REACHED_HEADERS)
  get_filename_component(room "${header}" DIRECTORY)
  install(FILES "${PROJECT_SOURCE_DIR}/${header}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/caf_rdma/${room}")
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/messages/wire/rdma.capnp"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/caf_rdma")

# -- CMake ---------------------------------------------------------------------

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/caf_rdma")
install(EXPORT caf_rdma NAMESPACE caf_rdma:: DESTINATION "${package}"
  FILE caf_rdma-targets.cmake)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/caf_rdma-config.cmake.in"
  "${PROJECT_BINARY_DIR}/caf_rdma-config.cmake"
  INSTALL_DESTINATION "${package}")
# Before 1.0 a minor version may break what the one before has promised.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/caf_rdma-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/caf_rdma-config.cmake"
  "${PROJECT_BINARY_DIR}/caf_rdma-config-version.cmake"
  DESTINATION "${package}")

# -- pkg-config ----------------------------------------------------------------

# CAF has no pkg-config file: say where it is, unless the compiler looks there.
get_target_property(caf_include CAF::core INTERFACE_INCLUDE_DIRECTORIES)
set(RDMA_CAF_CFLAGS "")
set(RDMA_CAF_LIBS "-lcaf_core")
foreach(dir IN LISTS caf_include)
  if(NOT dir MATCHES "^(/usr/include|\\$<)")
    string(APPEND RDMA_CAF_CFLAGS " -I${dir}")
    get_filename_component(prefix "${dir}" DIRECTORY)
    string(PREPEND RDMA_CAF_LIBS "-L${prefix}/${CMAKE_INSTALL_LIBDIR} -L${prefix}/lib ")
  endif()
endforeach()
if(RDMA_HAS_CUDA)
  set(RDMA_PRIVATE_LIBS "-L${CUDAToolkit_LIBRARY_DIR} -lcudart_static -ldl -lrt")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/caf_rdma.pc.in"
  "${PROJECT_BINARY_DIR}/caf_rdma.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/caf_rdma.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
