target_sources(volley_core PRIVATE src/webrtc/demux.cpp src/webrtc/data_channels.cpp src/webrtc/peer.cpp src/webrtc/peer_descriptions.cpp src/webrtc/peer_errors.cpp)
