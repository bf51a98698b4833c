# What the target `uninstall` leaves of an installed tree: what somebody else put there, and folders that others use too.
# Install and uninstall both heed DESTDIR, so nothing outside the scratch folder is touched.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/manifest.cmake)
file(REMOVE_RECURSE ${SCRATCH})

function(run)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env DESTDIR=${SCRATCH} ${CMAKE_COMMAND} ${ARGN}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    restore_manifest()
    message(FATAL_ERROR "exit ${status}: ${ARGN}\n${output}")
  endif()
endfunction()

save_manifest()
# A prefix that looks like a folder of ours is not one.
set(prefix ${SCRATCH}/opt/share/volley)
run(--install ${BUILD} --prefix /opt/share/volley)
file(WRITE ${prefix}/share/volley/scenarios/mine.yaml "")
file(REMOVE ${prefix}/bin/volley)  # gone already, which is no error
run(--build ${BUILD} --target uninstall)
restore_manifest()

file(GLOB_RECURSE left RELATIVE ${prefix} ${prefix}/*)
if(NOT left STREQUAL "share/volley/scenarios/mine.yaml")
  message(SEND_ERROR "left behind: ${left}")
endif()
foreach(gone IN ITEMS share/volley/scenarios/django include/volley ${LIBDIR}/cmake/volley ${LIBDIR}/volley ${LIBEXECDIR}/volley)
  if(EXISTS ${prefix}/${gone})
    message(SEND_ERROR "left behind, empty: ${gone}")
  endif()
endforeach()
if(NOT IS_DIRECTORY ${prefix}/bin OR NOT IS_DIRECTORY ${prefix}/${LIBDIR}/pkgconfig)
  message(SEND_ERROR "folders are gone that others use, too")
endif()
file(REMOVE_RECURSE ${SCRATCH})
