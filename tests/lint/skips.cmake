# A skip hides what it skips: only tests/support/require_or_skip may, where something of the machine is missing, and not in CI.
#   cmake -DROOT=<project> -P skips.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files ${ROOT}/tests/*.[ch]pp ${ROOT}/tests/*.py ${ROOT}/tests/*.bash)
list(FILTER files EXCLUDE REGEX "/support/require_or_skip\\.")
foreach(file IN LISTS files)
  file(STRINGS ${file} lines REGEX "GTEST_SKIP|DISABLED_|skipTest|SkipTest|unittest\\.skip|pytest\\.skip|importorskip|exit 77")
  foreach(line IN LISTS lines)
    message(SEND_ERROR "${file}: a skip of its own: ${line}")
  endforeach()
endforeach()
