if(TARGET volley_media)
  find_package(MediaLibraries REQUIRED)  # OpenCV, beside which the transforms are held
  volley_find_program(VOLLEY_FFPROBE ffprobe)
  # What the loader must not take.
  foreach(library IN ITEMS other_plugin no_plugin)
    add_library(${library} MODULE unit/media/${library}.cpp)
    target_include_directories(${library} PRIVATE ${PROJECT_SOURCE_DIR}/lib/src)
    target_link_libraries(${library} PRIVATE Boost::headers volley_warnings)
  endforeach()
  volley_add_test(unit_media unit unit/media/video_test.cpp unit/media/audio_test.cpp unit/media/transforms_test.cpp
    unit/media/recorder_test.cpp unit/media/load_test.cpp TIMEOUT 300 LIBS MediaLibraries::opencv_imgproc MediaLibraries::opencv_core)
  add_dependencies(unit_media volley_media other_plugin no_plugin)
  target_compile_definitions(unit_media PRIVATE VOLLEY_FFPROBE="${VOLLEY_FFPROBE}"
    VOLLEY_OTHER_PLUGIN="$<TARGET_FILE:other_plugin>" VOLLEY_NO_PLUGIN="$<TARGET_FILE:no_plugin>")
endif()
