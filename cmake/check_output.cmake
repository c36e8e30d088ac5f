# SPDX-License-Identifier: BSD-3-Clause
#
# Fails unless the first example prints what the README says:
#   cmake -DREADME=... -DPROGRAM=... -P check_output.cmake

execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE output
  RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} fails: ${code}")
endif()

file(READ "${README}" readme)
string(FIND "${readme}" "It prints\n\n```\n${output}```\n" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${README} does not show what ${PROGRAM} prints:\n"
    "${output}")
endif()
