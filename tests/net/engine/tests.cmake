volley_add_test(net_engine net net/engine/phase_test.cpp net/engine/cancel_test.cpp support/raw_client.cpp support/raw_server.cpp)
