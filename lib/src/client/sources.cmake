target_sources(volley PRIVATE src/client/client.cpp src/client/http1_transport.cpp src/client/http1_connection.cpp src/client/request_text.cpp src/client/resolve.cpp src/client/curl_transport.cpp)
