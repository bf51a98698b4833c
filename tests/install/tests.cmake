# The installed tree as a stranger's project sees it. Not under sanitizers: the stranger would have to use the same ones.
if(VOLLEY_INSTALL AND NOT VOLLEY_SANITIZE)
  volley_find_program(VOLLEY_PKG_CONFIG pkg-config)
  add_test(NAME install.consumer COMMAND ${CMAKE_COMMAND}
    -DBUILD=${PROJECT_BINARY_DIR} -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/install-scratch
    -DCONSUMER=${CMAKE_CURRENT_SOURCE_DIR}/install/consumer -DSCENARIOS=${PROJECT_SOURCE_DIR}/scenarios
    -DCXX=${CMAKE_CXX_COMPILER} -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DMANDIR=${CMAKE_INSTALL_MANDIR} -DLIBEXECDIR=${CMAKE_INSTALL_LIBEXECDIR}
    -DHAS_HELPER=$<TARGET_EXISTS:volley_server_helper> -DHAS_MEDIA=$<TARGET_EXISTS:volley_media> -DHAS_AVFORMAT=$<TARGET_EXISTS:volley_avformat> -DVERSION=${PROJECT_VERSION} -DPKG_CONFIG=${VOLLEY_PKG_CONFIG}
    "-DCOMPLETIONS=${VOLLEY_BASH_DIR}/volley\\;${VOLLEY_ZSH_DIR}/_volley\\;${VOLLEY_FISH_DIR}/volley.fish"
    -P ${CMAKE_CURRENT_SOURCE_DIR}/install/install_test.cmake)
  add_test(NAME install.uninstall COMMAND ${CMAKE_COMMAND}
    -DBUILD=${PROJECT_BINARY_DIR} -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/uninstall-scratch
    -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DLIBEXECDIR=${CMAKE_INSTALL_LIBEXECDIR}
    -P ${CMAKE_CURRENT_SOURCE_DIR}/install/uninstall_test.cmake)
  add_test(NAME install.examples COMMAND ${CMAKE_COMMAND}
    -DBUILD=${PROJECT_BINARY_DIR} -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/examples-scratch
    -DEXAMPLES=${CMAKE_CURRENT_SOURCE_DIR}/install/examples -DREADME=${PROJECT_SOURCE_DIR}/README.md -DCXX=${CMAKE_CXX_COMPILER} -DLAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
    -DPYTHON=${VOLLEY_PYTHON} -P ${CMAKE_CURRENT_SOURCE_DIR}/install/examples_test.cmake)
  # All of them write the build folder's install_manifest.txt.
  set_tests_properties(install.consumer install.uninstall install.examples PROPERTIES LABELS install TIMEOUT 900
    RESOURCE_LOCK install_manifest)

  # What `dev package` made, in a Debian that has nothing else. Installs from the network, hence long.
  add_test(NAME install.fresh_root COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/install/fresh_root.bash
    ${PROJECT_SOURCE_DIR}/build/package)
  set_tests_properties(install.fresh_root PROPERTIES LABELS "install;long" TIMEOUT 1800 SKIP_RETURN_CODE 77)

  # What the first lines of README promise, from the sources. Compiles everything with all processors, and no cache.
  add_test(NAME install.fresh_build COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/install/fresh_build.bash)
  set_tests_properties(install.fresh_build PROPERTIES LABELS "install;long" TIMEOUT 10800 SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endif()
