target_sources(volley_core PRIVATE
  src/base/error.cpp src/base/time.cpp src/base/message.cpp src/base/url.cpp src/base/redirect.cpp src/base/escape.cpp src/base/utf8.cpp src/base/base64.cpp
  src/base/mask.cpp src/base/crypto.cpp src/base/random.cpp src/base/endpoint.cpp)
