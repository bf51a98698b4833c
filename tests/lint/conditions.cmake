# g++ 12 compiles `if (co_await f())` and `while (!co_await f())` wrongly where the awaited object has a destructor: what follows is
# taken for unreachable and the program ends in an illegal instruction, at every level of optimisation. Name the result first:
#     const bool ok = co_await f();
#     if (!ok) ...
#   cmake -DROOT=<project> -P conditions.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files ${ROOT}/lib/*.[ch]pp ${ROOT}/cli/*.[ch]pp ${ROOT}/tests/*.[ch]pp)
foreach(file IN LISTS files)
  file(STRINGS ${file} lines REGEX "(^|[^a-z_])(if|while|switch) \\(!*co_await")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ *//")
      message(SEND_ERROR "${file}: co_await inside a condition: ${line}")
    endif()
  endforeach()
endforeach()
