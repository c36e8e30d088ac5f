# SPDX-License-Identifier: BSD-3-Clause
#
# Fails unless the table of errors, and the source that knows the names, have
# every code of the enum exactly once, and no other:
#   cmake -DTABLE=... -DHEADER=... -DSOURCE=... -P check_errors.cmake

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

file(STRINGS "${SOURCE}" lines REGEX "^  {errc::")
list(TRANSFORM lines REPLACE "^  {errc::([a-z_]+), \"([a-z_]+)\"},$" "\\1=\\2"
  OUTPUT_VARIABLE entries)
list(SORT entries)
list(TRANSFORM codes REPLACE "^(.+)$" "\\1=\\1" OUTPUT_VARIABLE expected)
if(NOT entries STREQUAL expected)
  message(FATAL_ERROR "${SOURCE} names\n  ${entries}\nbut the codes are\n"
    "  ${codes}")
endif()
