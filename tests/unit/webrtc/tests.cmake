volley_add_test(unit_webrtc unit unit/webrtc/demux_test.cpp)
