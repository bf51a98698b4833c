target_sources(volley_core PRIVATE src/run/judge.cpp src/run/judge_probe.cpp src/run/assess.cpp src/run/evidence.cpp src/run/figure.cpp src/run/never_worked.cpp)
target_sources(volley PRIVATE src/run/run.cpp src/run/check_counts.cpp src/run/live.cpp src/run/phase_plan.cpp src/run/prepare.cpp src/run/probe.cpp src/run/room.cpp src/run/server_under_test.cpp src/run/offer.cpp)
