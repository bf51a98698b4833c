volley_add_test(unit_engine unit unit/engine/request_template_test.cpp unit/engine/recorder_test.cpp unit/engine/turns_test.cpp)
