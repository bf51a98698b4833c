target_sources(volley_core PRIVATE
  src/proto/http/response_parser.cpp src/proto/http/framing_fields.cpp src/proto/http/chunked_decoder.cpp
  src/proto/dtls/fingerprint.cpp src/proto/dtls/record.cpp src/proto/dtls/session.cpp
  src/proto/sctp/association.cpp src/proto/sctp/packet.cpp)
# What stands on somebody else's protocol library, behind an interface of the pure half.
target_sources(volley PRIVATE
  src/proto/dtls/openssl_context.cpp src/proto/dtls/openssl_session.cpp
  src/proto/sctp/usrsctp_stack.cpp src/proto/sctp/usrsctp_association.cpp)
