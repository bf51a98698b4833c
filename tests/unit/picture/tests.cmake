find_package(PNG REQUIRED)
volley_add_test(unit_picture unit unit/picture/picture_test.cpp unit/picture/ring_code_test.cpp unit/picture/scene_test.cpp
  unit/picture/transform_score_test.cpp unit/picture/video_files_test.cpp unit/picture/strip_test.cpp LIBS PNG::PNG)
