# Packages of npm's that read what volley writes, named in package.json and nowhere else. One folder for all presets.
volley_find_program(VOLLEY_NODE node)
volley_find_program(VOLLEY_NPM npm)
set(VOLLEY_NPM_FOLDER ${PROJECT_SOURCE_DIR}/build/npm)
add_test(NAME npm.install COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/npm/install.bash ${VOLLEY_NPM} ${VOLLEY_NPM_FOLDER})
set_tests_properties(npm.install PROPERTIES LABELS interop TIMEOUT 300 FIXTURES_SETUP npm)

volley_add_python_test(hdr interop npm/hdr_test.py TIMEOUT 300)
set_property(TEST interop_hdr APPEND PROPERTY ENVIRONMENT "NODE=${VOLLEY_NODE}" "NODE_PATH=${VOLLEY_NPM_FOLDER}/node_modules")
set_tests_properties(interop_hdr PROPERTIES FIXTURES_REQUIRED npm)
