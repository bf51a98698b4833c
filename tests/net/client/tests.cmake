volley_add_test(net_client net net/client/transport_test.cpp support/raw_server.cpp)
volley_add_test(net_resolve net net/client/resolve_test.cpp support/raw_server.cpp LIBS ${CMAKE_DL_LIBS})
