# Node comes from Debian, or from wherever whoever calls this has it.
find_program(VOLLEY_NODE node REQUIRED)
find_program(VOLLEY_NPM npm REQUIRED)
# One folder for all presets; `dev` has filled it before, where it was dev that called ctest.
set(VOLLEY_NPM_FOLDER ${PROJECT_SOURCE_DIR}/build/npm)
add_test(NAME npm.install COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/npm/install.bash ${VOLLEY_NPM_FOLDER})
cmake_path(GET VOLLEY_NPM PARENT_PATH npm_folder)
set_tests_properties(npm.install PROPERTIES LABELS net TIMEOUT 300 FIXTURES_SETUP npm ENVIRONMENT_MODIFICATION
  "PATH=path_list_append:${npm_folder}")
