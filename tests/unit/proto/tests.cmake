volley_add_test(unit_proto unit unit/proto/response_parser_test.cpp unit/proto/response_limits_test.cpp
  unit/proto/response_memory_test.cpp unit/proto/chunked_decoder_test.cpp unit/proto/syntax_test.cpp)
volley_add_test(unit_proto_stun unit unit/proto/stun/message_test.cpp unit/proto/stun/integrity_test.cpp
  unit/proto/stun/rfc5769_test.cpp unit/proto/stun/retransmission_test.cpp)
