# Where media plugins are looked for: as seen from the program's folder, and as configured.
file(RELATIVE_PATH plugin_from_bindir ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/volley)
target_sources(volley PRIVATE src/media/load.cpp src/media/transforms.cpp)
set_source_files_properties(src/media/load.cpp PROPERTIES COMPILE_DEFINITIONS
  "VOLLEY_PLUGIN_FROM_BINDIR=\"${plugin_from_bindir}\";VOLLEY_PLUGINDIR=\"${CMAKE_INSTALL_FULL_LIBDIR}/volley\"")
target_link_libraries(volley PRIVATE ${CMAKE_DL_LIBS})
