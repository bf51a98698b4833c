# Run by cpack on the tree that it is about to pack: what Debian policy wants there and `cmake --install` does not lay down.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Only executables are stripped by CPACK_STRIP_FILES. -D: no times and owners in the archive.
file(GLOB_RECURSE archives ${CPACK_TEMPORARY_DIRECTORY}/*.a)
foreach(archive IN LISTS archives)
  run(${CPACK_VOLLEY_STRIP} -D --strip-debug --remove-section=.comment --remove-section=.note ${archive})
endforeach()

file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*.[15])
foreach(page IN LISTS pages)
  run(gzip -9n ${page})
endforeach()

if(CPACK_GENERATOR STREQUAL "DEB")
  set(doc ${CPACK_TEMPORARY_DIRECTORY}/program/usr/share/doc)
  file(MAKE_DIRECTORY ${doc}/volley)
  configure_file(${CPACK_VOLLEY_SOURCE}/LICENSE ${doc}/volley/copyright COPYONLY)
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if that is set
  run(awk -v maintainer=${CPACK_PACKAGE_CONTACT} -v date=${now} -f ${CPACK_VOLLEY_SOURCE}/lib/cmake/changelog.awk
    ${CPACK_VOLLEY_SOURCE}/CHANGELOG.md OUTPUT_FILE ${doc}/volley/changelog)
  run(gzip -9n ${doc}/volley/changelog)
  # It depends on volley of the same version, so policy (12.5) lets it share the folder.
  set(doc ${CPACK_TEMPORARY_DIRECTORY}/development/usr/share/doc)
  file(MAKE_DIRECTORY ${doc})
  file(CREATE_LINK volley ${doc}/libvolley-dev SYMBOLIC)
endif()
