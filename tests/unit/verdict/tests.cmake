volley_add_test(unit_verdict unit support/simulated_server.cpp unit/verdict/judge_test.cpp unit/verdict/ladder_test.cpp unit/verdict/parts_test.cpp unit/verdict/expect_test.cpp
  unit/verdict/json_test.cpp unit/verdict/simulation_test.cpp unit/verdict/mixture_test.cpp)
