volley_add_test(unit_streams unit unit/streams/sequence_tracker_test.cpp unit/streams/nack_list_test.cpp unit/streams/jitter_buffer_test.cpp
  unit/streams/key_frame_requests_test.cpp unit/streams/frame_times_test.cpp unit/streams/freeze_meter_test.cpp unit/streams/history_test.cpp unit/streams/pacer_test.cpp unit/streams/reordering_test.cpp
  unit/streams/transport_wide_test.cpp unit/streams/bandwidth_test.cpp unit/streams/section_test.cpp unit/streams/rtcp_reports_test.cpp
  unit/streams/stats_test.cpp unit/streams/session_test.cpp unit/streams/lossy_test.cpp unit/streams/rate_test.cpp
  unit/streams/hostile_test.cpp unit/streams/wire_test.cpp unit/streams/relay_test.cpp unit/streams/resend_test.cpp)
