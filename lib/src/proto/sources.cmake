target_sources(volley_core PRIVATE
  src/proto/http/response_parser.cpp src/proto/http/framing_fields.cpp src/proto/http/chunked_decoder.cpp
  src/proto/stun/message.cpp src/proto/stun/integrity.cpp)
