volley_add_test(net_engine net net/engine/phase_test.cpp net/engine/cancel_test.cpp net/engine/trouble_test.cpp
  net/engine/honesty_test.cpp net/engine/end_test.cpp net/engine/failure_test.cpp support/raw_client.cpp support/raw_server.cpp support/tls_server.cpp TIMEOUT 300)
# Has an operator new of its own.
volley_add_test(net_engine_allocations net net/engine/allocation_test.cpp support/raw_client.cpp support/raw_server.cpp TIMEOUT 300)
