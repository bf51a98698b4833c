volley_add_test(property_scenario property property/scenario/mutation_test.cpp TIMEOUT 300)
target_compile_definitions(property_scenario PRIVATE VOLLEY_SCENARIOS="${PROJECT_SOURCE_DIR}/scenarios")
