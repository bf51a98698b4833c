# libvolley_avformat.so, which volley loads for video that it does not read itself: the only code that is compiled and linked with FFmpeg's libraries.
add_library(volley_avformat MODULE src/avformat_plugin/plugin.cpp src/avformat_plugin/movie.cpp src/picture/picture.cpp)
target_compile_features(volley_avformat PRIVATE cxx_std_20)
target_include_directories(volley_avformat PRIVATE src include)
target_link_libraries(volley_avformat PRIVATE Boost::headers AvformatLibraries::avformat AvformatLibraries::avcodec AvformatLibraries::swscale
  AvformatLibraries::avutil $<BUILD_INTERFACE:volley_warnings>)
set(volley_avformat_exports ${CMAKE_CURRENT_SOURCE_DIR}/src/avformat_plugin/exports.map)
target_link_options(volley_avformat PRIVATE LINKER:--version-script=${volley_avformat_exports})
set_target_properties(volley_avformat PROPERTIES LINK_DEPENDS ${volley_avformat_exports} CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
