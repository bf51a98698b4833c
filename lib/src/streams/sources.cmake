target_sources(volley_core PRIVATE src/streams/abilities.cpp src/streams/bandwidth.cpp src/streams/events.cpp src/streams/frame_times.cpp src/streams/freeze_meter.cpp src/streams/history.cpp
  src/streams/jitter_buffer.cpp src/streams/least_delay.cpp src/streams/nack_list.cpp src/streams/pacer.cpp src/streams/receive_stream.cpp src/streams/receiving.cpp src/streams/reordering.cpp
  src/streams/rtcp_reports.cpp src/streams/section.cpp src/streams/send_stream.cpp src/streams/sending.cpp src/streams/sequence_tracker.cpp
  src/streams/session.cpp src/streams/stats.cpp src/streams/transport_wide.cpp src/streams/trendline.cpp)
