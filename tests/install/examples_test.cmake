# Installs, builds the examples against what was installed, and drives them.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)
file(REMOVE_RECURSE ${SCRATCH})
set(prefix ${SCRATCH}/prefix)
include(${CMAKE_CURRENT_LIST_DIR}/manifest.cmake)
save_manifest()
run(ignored ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
restore_manifest()
run(ignored ${CMAKE_COMMAND} -G Ninja -S ${EXAMPLES} -B ${SCRATCH}/examples -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${CXX}
  -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
run(ignored ${CMAKE_COMMAND} --build ${SCRATCH}/examples)
run(ignored ${CMAKE_COMMAND} -E env VOLLEY=${prefix}/bin/volley EXAMPLES=${SCRATCH}/examples PYTHONDONTWRITEBYTECODE=1
  ${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/article_test.py)
run(ignored ${SCRATCH}/examples/overlap_test)
file(REMOVE_RECURSE ${SCRATCH})
