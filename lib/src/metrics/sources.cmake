target_sources(volley_core PRIVATE src/metrics/sample.cpp src/metrics/histogram.cpp src/metrics/summary.cpp src/metrics/time_series.cpp
  src/metrics/normal.cpp src/metrics/interval.cpp src/metrics/batch_means.cpp src/metrics/steady_state.cpp src/metrics/generator.cpp src/metrics/call_tally.cpp src/metrics/media_tally.cpp)
