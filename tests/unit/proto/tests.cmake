volley_add_test(unit_proto unit unit/proto/response_parser_test.cpp unit/proto/response_limits_test.cpp
  unit/proto/response_memory_test.cpp unit/proto/chunked_decoder_test.cpp unit/proto/syntax_test.cpp)
