volley_add_test(net_server net net/server/protocol_test.cpp net/server/limits_test.cpp net/server/concurrency_test.cpp
  net/server/middleware_test.cpp net/server/fixture.cpp support/raw_client.cpp)
