volley_add_test(unit_call unit unit/call/routes_test.cpp)
