volley_add_test(unit_verdict unit support/simulated_server.cpp unit/verdict/simulation_test.cpp)
