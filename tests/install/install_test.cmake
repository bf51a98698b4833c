# Installs into an empty folder, looks at what is there, and builds and runs a consumer against it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/manifest.cmake)
file(REMOVE_RECURSE ${SCRATCH})
set(prefix ${SCRATCH}/prefix)

save_manifest()
run(ignored ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
restore_manifest()

set(expected bin/volley ${LIBDIR}/libvolley.a ${LIBDIR}/libvolley_core.a ${LIBDIR}/cmake/volley/volleyConfig.cmake
  ${LIBDIR}/pkgconfig/volley.pc include/volley/error.hpp ${MANDIR}/man1/volley.1 ${MANDIR}/man5/volley-scenario.5
  share/volley/result.schema.json share/volley/verdict.schema.json ${COMPLETIONS})
if(HAS_HELPER)
  list(APPEND expected ${LIBEXECDIR}/volley/volley-server)
endif()
file(GLOB scenarios RELATIVE ${SCENARIOS} ${SCENARIOS}/*.yaml)
list(TRANSFORM scenarios PREPEND share/volley/scenarios/)
foreach(path IN LISTS expected scenarios)
  if(NOT EXISTS ${prefix}/${path})
    message(SEND_ERROR "not installed: ${path}")
  endif()
endforeach()

run(version ${prefix}/bin/volley --version)
if(NOT version MATCHES "${VERSION}")
  message(SEND_ERROR "the installed program says '${version}', the project is ${VERSION}")
endif()

run(ignored ${CMAKE_COMMAND} -G Ninja -S ${CONSUMER} -B ${SCRATCH}/consumer -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${CXX})
run(ignored ${CMAKE_COMMAND} --build ${SCRATCH}/consumer)
run(printed ${SCRATCH}/consumer/consumer)
if(NOT printed STREQUAL "http://localhost:8000/offer")
  message(SEND_ERROR "the consumer printed '${printed}'")
endif()

# The same once more by pkg-config, without CMake's help. --static must add to that and take nothing away; it is not linked
# with, because libcurl's own list then names libraries whose packages its package does not bring.
run(flags ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${prefix}/${LIBDIR}/pkgconfig ${PKG_CONFIG} --cflags --libs volley)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(static ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${prefix}/${LIBDIR}/pkgconfig ${PKG_CONFIG} --cflags --libs --static volley)
separate_arguments(static UNIX_COMMAND "${static}")
foreach(flag IN LISTS flags)
  if(NOT flag IN_LIST static)
    message(SEND_ERROR "pkg-config --static leaves ${flag} out")
  endif()
endforeach()
run(ignored ${CXX} -std=c++20 ${CONSUMER}/main.cpp -o ${SCRATCH}/by-pkg-config ${flags})
run(printed ${SCRATCH}/by-pkg-config)
if(NOT printed STREQUAL "http://localhost:8000/offer")
  message(SEND_ERROR "the consumer that pkg-config built printed '${printed}'")
endif()
file(REMOVE_RECURSE ${SCRATCH})
