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
  add_dependencies(unit_media volley_media volley_avformat other_plugin no_plugin)
  target_compile_definitions(unit_media PRIVATE VOLLEY_FFPROBE="${VOLLEY_FFPROBE}"
    VOLLEY_OTHER_PLUGIN="$<TARGET_FILE:other_plugin>" VOLLEY_NO_PLUGIN="$<TARGET_FILE:no_plugin>")

  # What codecs and transforms leave of ring codes: in the long test ten times as many frames. Cartoons take their time.
  foreach(rings IN ITEMS "unit 900 900" "long 9000 7200")
    separate_arguments(rings)
    list(GET rings 0 label)
    list(GET rings 1 frames)
    list(GET rings 2 timeout)
    volley_add_test(${label}_media_rings ${label} unit/media/ring_code_test.cpp TIMEOUT ${timeout})
    add_dependencies(${label}_media_rings volley_media)
    target_compile_definitions(${label}_media_rings PRIVATE VOLLEY_RING_FRAMES=${frames})
  endforeach()
endif()
