target_sources(volley PRIVATE src/net/asio_impl.cpp src/net/beast_impl.cpp src/net/task_group.cpp src/net/signals.cpp src/net/limits.cpp src/net/curl_multi.cpp)
