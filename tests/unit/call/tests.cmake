volley_add_test(unit_offer unit unit/call/pings_test.cpp unit/call/signalling_test.cpp)
