# SPDX-License-Identifier: BSD-3-Clause
#
# Fails unless the table of errors names every code of the enum exactly once,
# and no other:
#   cmake -DTABLE=... -DHEADER=... -P check_errors.cmake

file(STRINGS "${HEADER}" lines REGEX "^  [a-z_]+ = [0-9]+,$")
list(TRANSFORM lines REPLACE "^  ([a-z_]+) = .*$" "\\1" OUTPUT_VARIABLE codes)
list(SORT codes)

file(STRINGS "${TABLE}" lines REGEX "^\\| `")
list(TRANSFORM lines REPLACE "^\\| `([a-z_]+)` \\|.*$" "\\1"
  OUTPUT_VARIABLE rows)
list(SORT rows)

if(codes STREQUAL "" OR NOT codes STREQUAL rows)
  message(FATAL_ERROR "${TABLE} has rows for\n  ${rows}\nbut the codes are\n"
    "  ${codes}")
endif()
