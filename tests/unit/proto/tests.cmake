volley_add_test(unit_proto unit unit/proto/response_parser_test.cpp unit/proto/response_limits_test.cpp
  unit/proto/response_memory_test.cpp unit/proto/chunked_decoder_test.cpp unit/proto/syntax_test.cpp)
volley_add_test(unit_proto_stun unit unit/proto/stun/message_test.cpp unit/proto/stun/integrity_test.cpp
  unit/proto/stun/rfc5769_test.cpp unit/proto/stun/retransmission_test.cpp)
volley_add_test(unit_proto_ice unit unit/proto/ice/candidate_test.cpp unit/proto/ice/check_list_test.cpp
  unit/proto/ice/checks_test.cpp unit/proto/ice/nomination_test.cpp unit/proto/ice/consent_test.cpp unit/proto/ice/flood_test.cpp
  unit/proto/ice/agent_test.cpp unit/proto/ice/nat_test.cpp
  support/virtual_net.cpp support/turn_server.cpp)
volley_add_test(unit_proto_turn unit unit/proto/turn/framing_test.cpp unit/proto/turn/client_test.cpp
  support/virtual_net.cpp support/turn_server.cpp)
