volley_add_test(unit_appfile unit unit/appfile/load_test.cpp unit/appfile/manual_test.cpp)
target_compile_definitions(unit_appfile PRIVATE VOLLEY_MANUAL="${PROJECT_SOURCE_DIR}/man/volley-serve.5")
