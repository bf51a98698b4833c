# One test for each folder with a cmd; run_case.py says what else is in it.
file(GLOB golden_commands RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/golden CONFIGURE_DEPENDS golden/*/cmd)
foreach(command IN LISTS golden_commands)
  get_filename_component(case ${command} DIRECTORY)
  add_test(NAME golden.${case} COMMAND ${VOLLEY_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/golden/run_case.py
    ${CMAKE_CURRENT_SOURCE_DIR}/golden/${case})
  set_tests_properties(golden.${case} PROPERTIES LABELS golden TIMEOUT 120
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1")
endforeach()

# The runner can fail: red must be red.
add_test(NAME golden_runner_turns_red COMMAND ${VOLLEY_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/golden/run_case.py
  ${CMAKE_CURRENT_SOURCE_DIR}/golden/planted/wrong)
set_tests_properties(golden_runner_turns_red PROPERTIES LABELS golden TIMEOUT 120 WILL_FAIL TRUE
  ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1")

volley_add_python_test(request_facts golden golden/request_facts_test.py TIMEOUT 300)
