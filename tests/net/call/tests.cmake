# Has a sendmmsg(2) of its own.
volley_add_test(net_udp net net/call/udp_socket_test.cpp LIBS ${CMAKE_DL_LIBS})
volley_add_test(net_call net net/call/calls_test.cpp net/call/accept_test.cpp net/call/hostile_test.cpp net/call/relay_test.cpp net/call/turn_stream_test.cpp)
volley_add_python_test(udp_relay net net/call/udp_relay_test.py TIMEOUT 120)
if(NOT VOLLEY_SANITIZE)
  # Judges resident memory, of which the sanitizers keep what was freed.
  volley_add_test(net_call_rounds net net/call/rounds_test.cpp support/raw_client.cpp LIBS Boost::json)
  target_compile_definitions(net_call_rounds PRIVATE VOLLEY_TEST_SERVER="$<TARGET_FILE:app_test_server>")
  add_dependencies(net_call_rounds app_test_server)
  add_test(NAME net_call_rounds_of_a_thousand COMMAND net_call_rounds)
  set_tests_properties(net_call_rounds_of_a_thousand PROPERTIES LABELS "net;long" TIMEOUT 900 ENVIRONMENT VOLLEY_TEST_CALLS=1000)
endif()
