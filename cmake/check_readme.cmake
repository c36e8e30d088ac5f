# SPDX-License-Identifier: BSD-3-Clause
#
# Fails if the first example in the README is not the program that is built:
#   cmake -DREADME=... -DEXAMPLE=... -P check_readme.cmake

file(READ "${README}" readme)
file(READ "${EXAMPLE}" example)
string(FIND "${readme}" "```cpp\n${example}```" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${README} does not show ${EXAMPLE} as it is")
endif()
