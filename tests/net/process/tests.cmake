# A helper of its own, so that these tests need nothing of the built-in servers; it is also the program whose sudden death is tested.
add_executable(process_test_helper net/process/helper.cpp)
target_link_libraries(process_test_helper PRIVATE volley::volley volley_warnings)
target_include_directories(process_test_helper PRIVATE ${PROJECT_SOURCE_DIR}/lib/src)

volley_add_test(net_process net net/process/start_test.cpp net/process/end_test.cpp net/process/figures_test.cpp
  net/process/server_processes_test.cpp net/process/fixture.cpp support/raw_server.cpp)
add_dependencies(net_process process_test_helper)
target_compile_definitions(net_process PRIVATE
  VOLLEY_TEST_HELPER="$<TARGET_FILE:process_test_helper>"
  VOLLEY_SCENARIOS="${PROJECT_SOURCE_DIR}/scenarios")
volley_add_python_test(django_end interop net/process/django_end_test.py TIMEOUT 600)
