target_sources(volley PRIVATE src/engine/phase_runner.cpp)
