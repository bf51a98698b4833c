volley_add_test(unit_load unit unit/load/schedule_test.cpp unit/load/think_test.cpp)
