target_sources(volley_core PRIVATE src/metrics/sample.cpp src/metrics/histogram.cpp src/metrics/summary.cpp)
