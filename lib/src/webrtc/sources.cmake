target_sources(volley_core PRIVATE src/webrtc/demux.cpp)
