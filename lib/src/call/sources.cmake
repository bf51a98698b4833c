target_sources(volley PRIVATE src/call/loop.cpp src/call/routes.cpp src/call/turn_stream.cpp src/call/client_call.cpp src/call/server_port.cpp
  src/call/echo.cpp src/call/signalling.cpp src/call/pings.cpp src/call/frame_trips.cpp src/call/one_call.cpp src/call/caller.cpp src/call/ice_servers.cpp src/call/offer.cpp)
