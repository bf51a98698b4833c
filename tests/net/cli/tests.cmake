volley_add_python_test(cli_request net net/cli/request_test.py TIMEOUT 300)
volley_add_python_test(cli_serve_faults net net/cli/serve_faults_test.py TIMEOUT 300)
volley_add_python_test(cli_serve_ports net net/cli/serve_ports_test.py TIMEOUT 300)
volley_add_python_test(cli_serve_processes net net/cli/serve_processes_test.py TIMEOUT 300)
if(NOT VOLLEY_SANITIZE)
  # A limited address space: the sanitizers need all of it for themselves.
  volley_add_python_test(cli_serve_threads net net/cli/serve_threads_test.py TIMEOUT 300)
endif()
volley_add_python_test(cli_media_not_loaded net net/cli/media_not_loaded_test.py TIMEOUT 300)
volley_add_python_test(cli_load net net/cli/load_test.py TIMEOUT 300)
volley_add_test(net_cli net net/cli/sample_files_test.cpp ../cli/out_file.cpp ../cli/sample_files.cpp)
target_include_directories(net_cli PRIVATE ${PROJECT_SOURCE_DIR}/cli)
# Not under sanitizers, whose generator is too slow for verdicts.
volley_add_python_test(cli_verify interop net/cli/verify_test.py TIMEOUT 300 SERIAL)
# All our own servers, one after the other, ten times: idle, then beside others.
foreach(burners IN ITEMS 0 2)
  set(name self_test_10_times_beside_${burners}_burners)
  volley_add_python_test(${name} interop interop/verify/self_test_test.py TIMEOUT 18000 SERIAL)
  set_tests_properties(interop_${name} PROPERTIES LABELS "interop;long"
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1;SELF_TEST_PASSES=10;SELF_TEST_BURNERS=${burners}")
endforeach()
# What answers calls, for those who begin them.
add_executable(call_server support/call_server.cpp)
target_link_libraries(call_server PRIVATE volley::volley volley_warnings Boost::json)
target_include_directories(call_server PRIVATE ${PROJECT_SOURCE_DIR}/lib/src ${PROJECT_SOURCE_DIR}/tests)
add_dependencies(sanitized_tests call_server)
volley_add_python_test(cli_offer net net/cli/offer_test.py TIMEOUT 300)
volley_add_python_test(cli_offer_media net net/cli/offer_media_test.py TIMEOUT 600)
volley_add_python_test(cli_media_measures net net/cli/media_measures_test.py TIMEOUT 600)
set_property(TEST net_cli_offer net_cli_offer_media net_cli_media_measures APPEND PROPERTY ENVIRONMENT "CALL_SERVER=$<TARGET_FILE:call_server>")
# Two networks of its own, joined by a cable.
add_test(NAME net_cli_serve_stranger COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/support/private_network.bash
  ${VOLLEY_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/net/cli/serve_stranger_test.py)
set_tests_properties(net_cli_serve_stranger PROPERTIES LABELS net TIMEOUT 300 SKIP_RETURN_CODE 77
  ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1")
