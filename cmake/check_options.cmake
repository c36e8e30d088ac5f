# SPDX-License-Identifier: BSD-3-Clause
#
# Fails unless the table of options names every option of the group
# `rdma` exactly once, and no other:
#   cmake -DTABLE=... -DSOURCE=... -P check_options.cmake

file(STRINGS "${SOURCE}" lines REGEX "^    \\.add<")
list(TRANSFORM lines REPLACE "^    \\.add<[^>]*>\\(\"([a-z-]+)\",.*$" "\\1"
  OUTPUT_VARIABLE options)
list(SORT options)

file(STRINGS "${TABLE}" lines REGEX "^\\| `[a-z-]+` \\|.*\\|.*\\|$")
list(TRANSFORM lines REPLACE "^\\| `([a-z-]+)` \\|.*$" "\\1"
  OUTPUT_VARIABLE rows)
list(SORT rows)

if(options STREQUAL "" OR NOT options STREQUAL rows)
  message(FATAL_ERROR "${TABLE} has rows for\n  ${rows}\nbut the options are\n"
    "  ${options}")
endif()
