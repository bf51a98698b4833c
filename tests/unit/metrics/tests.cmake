volley_add_test(unit_metrics unit unit/metrics/histogram_test.cpp unit/metrics/summary_test.cpp unit/metrics/call_tally_test.cpp unit/metrics/time_series_test.cpp
  unit/metrics/interval_test.cpp unit/metrics/steady_state_test.cpp)
