# Has a sendmmsg(2) of its own.
volley_add_test(net_udp net net/call/udp_socket_test.cpp LIBS ${CMAKE_DL_LIBS})
volley_add_test(net_call net net/call/calls_test.cpp net/call/hostile_test.cpp net/call/relay_test.cpp net/call/turn_stream_test.cpp)
volley_add_python_test(udp_relay net net/call/udp_relay_test.py TIMEOUT 120)
