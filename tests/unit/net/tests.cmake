volley_add_test(unit_net unit unit/net/task_group_test.cpp unit/net/deadline_queue_test.cpp unit/net/readiness_test.cpp)
