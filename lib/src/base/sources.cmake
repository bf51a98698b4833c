target_sources(volley_core PRIVATE
  src/base/error.cpp src/base/time.cpp src/base/message.cpp src/base/url.cpp src/base/redirect.cpp src/base/escape.cpp
  src/base/mask.cpp)
