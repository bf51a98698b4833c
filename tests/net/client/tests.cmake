volley_add_test(net_client net net/client/transport_test.cpp support/raw_server.cpp)
