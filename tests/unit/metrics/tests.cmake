volley_add_test(unit_metrics unit unit/metrics/histogram_test.cpp unit/metrics/summary_test.cpp)
