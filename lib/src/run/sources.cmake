target_sources(volley_core PRIVATE src/run/judge.cpp)
target_sources(volley PRIVATE src/run/run.cpp src/run/prepare.cpp src/run/server_under_test.cpp)
