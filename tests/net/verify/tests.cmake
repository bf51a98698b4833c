volley_add_test(net_verify net net/verify/canaries_test.cpp net/verify/questions_test.cpp net/verify/process_tape_test.cpp
  net/verify/prober_test.cpp net/process/fixture.cpp net/server/fixture.cpp support/raw_server.cpp support/tls_server.cpp SERIAL)
# The process that a tape looks at; the program itself, which brings the control server; and whose figures are read.
add_dependencies(net_verify process_test_helper volley_program)
target_compile_definitions(net_verify PRIVATE
  VOLLEY_TEST_HELPER="$<TARGET_FILE:process_test_helper>"
  VOLLEY_TEST_PROGRAM="$<TARGET_FILE:volley_program>"
  VOLLEY_SCENARIOS="${PROJECT_SOURCE_DIR}/scenarios")
