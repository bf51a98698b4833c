# What a call is described, protected and carried with.
target_sources(volley_core PRIVATE
  src/proto/http/response_parser.cpp src/proto/http/framing_fields.cpp src/proto/http/chunked_decoder.cpp
  src/proto/stun/message.cpp src/proto/stun/integrity.cpp src/proto/turn/client.cpp src/proto/turn/framing.cpp
  src/proto/ice/candidate.cpp src/proto/ice/check_list.cpp src/proto/ice/gatherer.cpp
  src/proto/ice/agent.cpp src/proto/ice/checks.cpp src/proto/ice/nomination.cpp
  src/proto/sdp/description.cpp src/proto/sdp/values.cpp src/proto/sdp/session_reader.cpp src/proto/sdp/session_writer.cpp
  src/proto/sdp/codecs.cpp src/proto/sdp/negotiation.cpp src/proto/sdp/fragment.cpp src/proto/sdp/next_offer.cpp
  src/proto/srtp/keys.cpp src/proto/srtp/evp.cpp src/proto/srtp/transform.cpp src/proto/srtp/session.cpp
  src/proto/rtp/error.cpp src/proto/rtp/packet.cpp src/proto/rtp/extensions.cpp src/proto/rtp/rtcp.cpp src/proto/rtp/transport_cc.cpp
  src/proto/dcep/message.cpp
  src/proto/vp8/error.cpp src/proto/vp8/frame_header.cpp src/proto/vp8/payload.cpp
  src/proto/h264/error.cpp src/proto/h264/nal.cpp src/proto/h264/payload.cpp src/proto/h264/parameter_sets.cpp src/proto/h264/profile.cpp
  src/proto/dtls/fingerprint.cpp src/proto/dtls/record.cpp src/proto/dtls/session.cpp
  src/proto/sctp/association.cpp src/proto/sctp/packet.cpp src/proto/sctp/unacknowledged.cpp)
# What stands on somebody else's protocol library, behind an interface of the pure half.
target_sources(volley PRIVATE
  src/proto/dtls/openssl_context.cpp src/proto/dtls/openssl_session.cpp
  src/proto/sctp/usrsctp_stack.cpp src/proto/sctp/usrsctp_association.cpp)
