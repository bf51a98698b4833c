# cmake -DMANDOC=mandoc "-DPAGES=a;b" -P manual.cmake: mandoc(1) finds nothing to say about the pages, but that our own, which
# refer to one another, are not installed.
foreach(page IN LISTS PAGES)
  execute_process(COMMAND ${MANDOC} -Tlint ${page} OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[^\n]*referenced manual not found: Xr volley[^\n]*\n" "" said "${said}")
  string(REGEX REPLACE "[^\n]*outdated mandoc.db[^\n]*\n" "" said "${said}")
  if(NOT said STREQUAL "")
    message(SEND_ERROR "${said}")
  endif()
endforeach()
