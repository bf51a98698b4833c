volley_add_test(unit_call unit unit/call/routes_test.cpp unit/call/local_addresses_test.cpp unit/call/pings_test.cpp unit/call/frame_trips_test.cpp unit/call/chirp_trips_test.cpp unit/call/packet_frames_test.cpp unit/call/signalling_test.cpp
  unit/call/frame_workers_test.cpp unit/call/video_stages_test.cpp unit/call/picture_budget_test.cpp unit/call/memory_limit_test.cpp unit/call/call_ledger_test.cpp unit/call/media_streams_test.cpp)
if(TARGET volley_media)
  volley_add_test(unit_call_video unit unit/call/returned_audio_test.cpp unit/call/returned_video_test.cpp unit/call/video_transformer_test.cpp unit/call/pictures_together_test.cpp unit/call/overlapping_stages_test.cpp)
  add_dependencies(unit_call_video volley_media)
endif()
