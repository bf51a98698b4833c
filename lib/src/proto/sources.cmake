# What a call is described, protected and carried with.
target_sources(volley_core PRIVATE
  src/proto/sdp/description.cpp src/proto/sdp/values.cpp src/proto/sdp/session_reader.cpp src/proto/sdp/session_writer.cpp
  src/proto/sdp/codecs.cpp src/proto/sdp/negotiation.cpp src/proto/sdp/fragment.cpp src/proto/sdp/next_offer.cpp
  src/proto/srtp/keys.cpp src/proto/srtp/evp.cpp src/proto/srtp/transform.cpp src/proto/srtp/session.cpp
  src/proto/rtp/error.cpp src/proto/rtp/packet.cpp src/proto/rtp/extensions.cpp src/proto/rtp/rtcp.cpp src/proto/dcep/message.cpp)
target_sources(volley_core PRIVATE
  src/proto/http/response_parser.cpp src/proto/http/framing_fields.cpp src/proto/http/chunked_decoder.cpp)
