volley_add_test(unit_process unit unit/process/log_ring_test.cpp unit/process/proc_stat_test.cpp)
