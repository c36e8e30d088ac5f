# SPDX-License-Identifier: BSD-3-Clause
#
# Fails if the guide does not show the first example as the program that is
# built, or the README an excerpt of it:
#   cmake -DREADME=... -DGUIDE=... -DEXAMPLE=... -P check_readme.cmake

file(READ "${EXAMPLE}" example)

file(READ "${GUIDE}" guide)
string(FIND "${guide}" "```cpp\n${example}```" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${GUIDE} does not show ${EXAMPLE} as it is")
endif()

file(READ "${README}" readme)
string(FIND "${readme}" "```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "${README} has no example")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${readme}" ${begin} -1 excerpt)
string(FIND "${excerpt}" "```" length)
string(SUBSTRING "${excerpt}" 0 ${length} excerpt)
string(FIND "${example}" "\n${excerpt}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${README} shows what is not in ${EXAMPLE}:\n${excerpt}")
endif()
