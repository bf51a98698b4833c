target_sources(volley_core PRIVATE src/picture/picture.cpp src/picture/ring_code.cpp src/picture/scene.cpp src/picture/thumbnail.cpp
  src/picture/transform_score.cpp src/picture/y4m.cpp src/picture/ivf.cpp src/picture/strip.cpp src/picture/png.cpp)
