# libvolley_media.so, which volley loads when it needs codecs: the only code that is compiled and linked with their libraries.
add_library(volley_media MODULE
  src/media_plugin/plugin.cpp src/media_plugin/vp8.cpp src/media_plugin/h264.cpp src/media_plugin/opus.cpp src/media_plugin/telephony.cpp
  src/media_plugin/transforms.cpp src/media_plugin/recorder.cpp src/media_plugin/camera.cpp)
# Of the pure half what it needs, compiled once more: a library for programs is not one for other libraries.
target_sources(volley_media PRIVATE src/picture/picture.cpp src/proto/vp8/error.cpp src/proto/vp8/frame_header.cpp
  src/proto/h264/error.cpp src/proto/h264/nal.cpp src/proto/h264/parameter_sets.cpp)
target_compile_features(volley_media PRIVATE cxx_std_20)
target_include_directories(volley_media PRIVATE src include)
target_link_libraries(volley_media PRIVATE Boost::headers MediaLibraries::vpx MediaLibraries::openh264 MediaLibraries::opus
  MediaLibraries::spandsp MediaLibraries::v4l2 MediaLibraries::opencv_imgproc MediaLibraries::opencv_core
  MediaLibraries::matroska MediaLibraries::ebml $<BUILD_INTERFACE:volley_warnings>)
# One symbol is everybody's; whatever else is in it stays in it, the C++ library's templates included.
set(volley_media_exports ${CMAKE_CURRENT_SOURCE_DIR}/src/media_plugin/exports.map)
target_link_options(volley_media PRIVATE LINKER:--version-script=${volley_media_exports})
set_target_properties(volley_media PROPERTIES LINK_DEPENDS ${volley_media_exports} CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
  # Beside the programs of the build, which look for it there.
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
