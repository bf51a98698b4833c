target_sources(volley PRIVATE src/engine/phase_runner.cpp src/engine/worker.cpp src/engine/user.cpp src/engine/recorder.cpp
  src/engine/request_template.cpp)
