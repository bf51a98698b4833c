volley_add_test(unit_call unit unit/call/routes_test.cpp unit/call/local_addresses_test.cpp unit/call/pings_test.cpp unit/call/frame_trips_test.cpp unit/call/signalling_test.cpp)
