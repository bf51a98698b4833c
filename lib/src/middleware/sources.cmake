target_sources(volley PRIVATE src/middleware/access_log.cpp src/middleware/cors.cpp src/middleware/gzip.cpp
  src/middleware/header_list.cpp src/middleware/request_limit.cpp src/middleware/server_timing.cpp
  src/middleware/static_files.cpp)
