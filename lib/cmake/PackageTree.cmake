# Run by cpack on the tree that it is about to pack: what Debian policy wants there and `cmake --install` does not lay down.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# As dh_strip does it; CPack itself leaves archives as they are. -D: no times and owners in an archive.
file(GLOB_RECURSE files RELATIVE ${CPACK_TEMPORARY_DIRECTORY} ${CPACK_TEMPORARY_DIRECTORY}/*)
set(programs ${files})
list(FILTER programs INCLUDE REGEX "(^|/)(bin|libexec)/")
set(archives ${files})
list(FILTER archives INCLUDE REGEX "\\.a$")
foreach(program IN LISTS programs)
  run(${CPACK_VOLLEY_STRIP} --remove-section=.comment --remove-section=.note ${CPACK_TEMPORARY_DIRECTORY}/${program})
endforeach()
foreach(archive IN LISTS archives)
  run(${CPACK_VOLLEY_STRIP} -D --strip-debug --remove-section=.comment --remove-section=.note ${CPACK_TEMPORARY_DIRECTORY}/${archive})
endforeach()

list(FILTER files INCLUDE REGEX "/man[15]/[^/]*\\.[15]$")
foreach(page IN LISTS files)
  run(gzip -9n ${CPACK_TEMPORARY_DIRECTORY}/${page})
endforeach()

if(CPACK_GENERATOR STREQUAL "DEB")
  set(doc ${CPACK_TEMPORARY_DIRECTORY}/program/usr/share/doc)
  file(MAKE_DIRECTORY ${doc}/volley)
  configure_file(${CPACK_VOLLEY_SOURCE}/LICENSE ${doc}/volley/copyright COPYONLY)
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if that is set
  run(awk -v wanted=${CPACK_PACKAGE_VERSION} -v maintainer=${CPACK_PACKAGE_CONTACT} -v date=${now} -f ${CPACK_VOLLEY_SOURCE}/lib/cmake/changelog.awk
    ${CPACK_VOLLEY_SOURCE}/CHANGELOG.md OUTPUT_FILE ${doc}/volley/changelog)
  run(gzip -9n ${doc}/volley/changelog)
  # It depends on volley of the same version, so policy (12.5) lets it share the folder.
  set(doc ${CPACK_TEMPORARY_DIRECTORY}/development/usr/share/doc)
  file(MAKE_DIRECTORY ${doc})
  file(CREATE_LINK volley ${doc}/libvolley-dev SYMBOLIC)

  foreach(package IN ITEMS program/volley development/libvolley-dev)
    cmake_path(GET package PARENT_PATH component)
    cmake_path(GET package FILENAME name)
    set(overrides ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share/lintian/overrides)
    file(MAKE_DIRECTORY ${overrides})
    configure_file(${CPACK_VOLLEY_SOURCE}/lib/cmake/${name}.lintian-overrides ${overrides}/${name} COPYONLY)
  endforeach()
endif()
