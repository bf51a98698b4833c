volley_add_test(unit_call unit unit/call/pings_test.cpp unit/call/signalling_test.cpp unit/call/routes_test.cpp)
