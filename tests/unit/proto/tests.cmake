volley_add_test(unit_proto_rtp unit unit/proto/rtp/packet_test.cpp unit/proto/rtp/rtcp_test.cpp
  unit/proto/rtp/transport_cc_test.cpp)
volley_add_test(unit_proto_vp8 unit unit/proto/vp8/payload_test.cpp unit/proto/vp8/frame_header_test.cpp)
volley_add_test(unit_proto_h264 unit unit/proto/h264/payload_test.cpp unit/proto/h264/profile_test.cpp
  unit/proto/h264/parameter_sets_test.cpp)
volley_add_test(unit_proto_dcep unit unit/proto/dcep/message_test.cpp)
volley_add_test(unit_proto_srtp unit unit/proto/srtp/vectors_test.cpp unit/proto/srtp/replay_window_test.cpp
  unit/proto/srtp/session_test.cpp unit/proto/srtp/libsrtp_test.cpp LIBS srtp2)
volley_add_test(unit_proto_sdp unit unit/proto/sdp/description_test.cpp unit/proto/sdp/values_test.cpp unit/proto/sdp/session_test.cpp
  unit/proto/sdp/negotiation_test.cpp unit/proto/sdp/fragment_test.cpp unit/proto/sdp/next_offer_test.cpp)
target_compile_definitions(unit_proto_sdp PRIVATE VOLLEY_SDP_FIXTURES="${CMAKE_CURRENT_SOURCE_DIR}/golden/sdp")
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
volley_add_test(unit_proto_dtls unit unit/proto/dtls/fingerprint_test.cpp unit/proto/dtls/handshake_test.cpp unit/proto/dtls/data_test.cpp
  support/virtual_clock.cpp)
volley_add_test(unit_proto_sctp unit unit/proto/sctp/packet_test.cpp unit/proto/sctp/association_test.cpp unit/proto/sctp/lossy_test.cpp
  unit/proto/sctp/memory_test.cpp unit/proto/sctp/unacknowledged_test.cpp
  support/virtual_clock.cpp)
