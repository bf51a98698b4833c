volley_add_test(unit_webrtc unit unit/webrtc/demux_test.cpp unit/webrtc/peer_test.cpp unit/webrtc/data_channels_test.cpp unit/webrtc/lite_test.cpp unit/webrtc/lossy_test.cpp
  support/virtual_net.cpp support/virtual_clock.cpp)
