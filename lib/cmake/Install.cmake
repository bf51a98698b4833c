# What `cmake --install` lays down: the program, its helper, the library for find_package(volley) and pkg-config, the man
# pages and the ready-to-run scenarios.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/volley)

install(TARGETS volley_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET volley_server_helper)
  install(TARGETS volley_server_helper RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/volley)
endif()

install(TARGETS volley volley_core EXPORT volley-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT volley-targets NAMESPACE volley:: FILE volleyTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/volleyConfig.cmake.in ${PROJECT_BINARY_DIR}/volleyConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# Until 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/volleyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/volleyConfig.cmake ${PROJECT_BINARY_DIR}/volleyConfigVersion.cmake DESTINATION ${package_dir})

# Relative to the .pc file, so that a moved tree still works; a distribution that sets absolute paths gets those.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/volley.pc.in ${PROJECT_BINARY_DIR}/volley.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/volley.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/volley/scenarios
  PATTERN __pycache__ EXCLUDE PATTERN "*.pyc" EXCLUDE)
