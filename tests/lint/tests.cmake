# Rules that no compiler checks. Label lint; `dev lint` adds the formatter and clang-tidy.
function(volley_add_lint name)
  add_test(NAME lint.${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(lint.${name} PROPERTIES LABELS lint TIMEOUT 120)
endfunction()

volley_find_program(VOLLEY_SHELLCHECK shellcheck)
set(here ${CMAKE_CURRENT_SOURCE_DIR}/lint)
volley_add_lint(layering ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -P ${here}/layering.cmake)
volley_add_lint(layering_turns_red ${CMAKE_COMMAND} -DCHECK=${here}/layering.cmake
  -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/layering-scratch -P ${here}/layering_test.cmake)
volley_add_lint(scripts ${VOLLEY_SHELLCHECK} -x dev .ci/run tests/lint/doctor.bash tests/lint/dev_test.bash
  tests/install/fresh_root.bash tests/install/fresh_build.bash tests/npm/install.bash tests/support/fresh_root.bash
  tests/support/require_or_skip.bash tests/support/private_network.bash)
volley_add_lint(dev ${VOLLEY_BASH} ${here}/dev_test.bash)

volley_find_program(VOLLEY_MANDOC mandoc)
volley_add_lint(manual ${CMAKE_COMMAND} -DMANDOC=${VOLLEY_MANDOC}
  "-DPAGES=${PROJECT_BINARY_DIR}/man/volley.1\\;${PROJECT_SOURCE_DIR}/man/volley-scenario.5\\;${PROJECT_SOURCE_DIR}/man/volley-serve.5" -P ${here}/manual.cmake)
volley_add_lint(conditions ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -P ${here}/conditions.cmake)
volley_add_lint(skips ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -P ${here}/skips.cmake)
volley_add_lint(mixed_view ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DINCLUDE=${PROJECT_SOURCE_DIR}/lib/include
  -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/mixed-view-scratch -P ${here}/mixed_view.cmake)
