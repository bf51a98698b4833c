volley_add_test(unit_scenario unit unit/scenario/load_test.cpp
  unit/scenario/load_errors_test.cpp unit/scenario/template_test.cpp unit/scenario/check_test.cpp unit/scenario/threshold_test.cpp
  unit/scenario/json_path_test.cpp unit/scenario/items_test.cpp unit/scenario/probes_test.cpp unit/scenario/calls_test.cpp unit/scenario/media_test.cpp unit/scenario/scenario_files_test.cpp)
target_compile_definitions(unit_scenario PRIVATE VOLLEY_SCENARIOS="${PROJECT_SOURCE_DIR}/scenarios"
  VOLLEY_MANUAL="${PROJECT_SOURCE_DIR}/man/volley-scenario.5")
