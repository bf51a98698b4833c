target_sources(volley_core PRIVATE
  src/proto/http/response_parser.cpp src/proto/http/framing_fields.cpp src/proto/http/chunked_decoder.cpp
  src/proto/stun/message.cpp src/proto/stun/integrity.cpp src/proto/turn/client.cpp src/proto/turn/framing.cpp
  src/proto/ice/candidate.cpp src/proto/ice/check_list.cpp src/proto/ice/gatherer.cpp
  src/proto/ice/agent.cpp src/proto/ice/checks.cpp src/proto/ice/nomination.cpp)
