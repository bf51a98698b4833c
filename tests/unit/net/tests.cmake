volley_add_test(unit_net unit unit/net/task_group_test.cpp)
