volley_add_test(net_client net net/client/transport_test.cpp net/client/client_test.cpp net/server/fixture.cpp
  support/raw_client.cpp support/raw_server.cpp support/tls_server.cpp)
volley_add_test(net_carrier net net/client/carrier_test.cpp net/client/tls_test.cpp net/client/source_test.cpp
  net/client/addresses_test.cpp support/raw_client.cpp support/raw_server.cpp support/tls_server.cpp)
volley_add_test(net_resolve net net/client/resolve_test.cpp support/raw_server.cpp LIBS ${CMAKE_DL_LIBS})
# Has an operator new of its own, and calls curl.
find_package(CURL REQUIRED)
volley_add_test(net_curl_multi net net/client/curl_multi_test.cpp support/raw_server.cpp LIBS CURL::libcurl)
