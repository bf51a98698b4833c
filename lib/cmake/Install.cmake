# What `cmake --install` lays down: the program, its helper, the media plugin, the library for find_package(volley) and pkg-config, the man
# pages, the completions and the ready-to-run scenarios. Four components: `program`, `media`, `avformat`, and `development` for who links the library.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/volley)

install(TARGETS volley_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
if(TARGET volley_server_helper)
  install(TARGETS volley_server_helper RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/volley COMPONENT program)
endif()

if(TARGET volley_media)
  install(TARGETS volley_media LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/volley COMPONENT media)
endif()
if(TARGET volley_avformat)
  install(TARGETS volley_avformat LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/volley COMPONENT avformat)
endif()

install(TARGETS volley volley_core EXPORT volley-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT volley-targets NAMESPACE volley:: FILE volleyTargets.cmake DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/volleyConfig.cmake.in ${PROJECT_BINARY_DIR}/volleyConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_LIBEXECDIR CMAKE_INSTALL_LIBDIR)
# Until 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/volleyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/volleyConfig.cmake ${PROJECT_BINARY_DIR}/volleyConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindUsrsctp.cmake DESTINATION ${package_dir}
  COMPONENT development)

# Relative to the .pc file, so that a moved tree still works; a distribution that sets absolute paths gets those.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/volley.pc.in ${PROJECT_BINARY_DIR}/volley.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/volley.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/volley/scenarios COMPONENT program
  PATTERN __pycache__ EXCLUDE PATTERN "*.pyc" EXCLUDE)

install(FILES ${PROJECT_SOURCE_DIR}/lib/share/result.schema.json ${PROJECT_SOURCE_DIR}/lib/share/verdict.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/volley COMPONENT program)

# The other way round, for what no package manager knows of.
add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt -DPROGRAM=${CMAKE_INSTALL_BINDIR}/volley
  "-DOURS=${CMAKE_INSTALL_DATADIR}/volley;${CMAKE_INSTALL_INCLUDEDIR}/volley;${package_dir};${CMAKE_INSTALL_LIBEXECDIR}/volley;${CMAKE_INSTALL_LIBDIR}/volley"
  -P ${CMAKE_CURRENT_LIST_DIR}/Uninstall.cmake
  COMMENT "Removing what was installed last" VERBATIM)
