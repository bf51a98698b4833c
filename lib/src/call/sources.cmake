target_sources(volley PRIVATE src/call/signalling.cpp src/call/pings.cpp src/call/offer.cpp)
