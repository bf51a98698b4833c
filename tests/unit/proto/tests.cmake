volley_add_test(unit_proto unit unit/proto/response_parser_test.cpp unit/proto/response_limits_test.cpp
  unit/proto/response_memory_test.cpp unit/proto/chunked_decoder_test.cpp unit/proto/syntax_test.cpp)
volley_add_test(unit_proto_dtls unit unit/proto/dtls/fingerprint_test.cpp unit/proto/dtls/handshake_test.cpp unit/proto/dtls/data_test.cpp
  support/virtual_clock.cpp)
volley_add_test(unit_proto_sctp unit unit/proto/sctp/packet_test.cpp unit/proto/sctp/association_test.cpp unit/proto/sctp/lossy_test.cpp
  unit/proto/sctp/memory_test.cpp
  support/virtual_clock.cpp)
