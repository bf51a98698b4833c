volley_add_test(unit_run unit unit/run/judge_test.cpp unit/run/judge_probe_test.cpp unit/run/assess_test.cpp unit/run/prepare_test.cpp unit/run/phase_plan_test.cpp unit/run/live_test.cpp
  unit/run/calls_test.cpp unit/run/media_test.cpp unit/run/steady_test.cpp unit/run/report_test.cpp unit/run/never_worked_test.cpp)
